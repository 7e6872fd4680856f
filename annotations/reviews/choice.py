"""What a reviewer chooses for a clip, validated before anything is written."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from annotations.models import Flag
from classifier.models import Label, Task
from emotion_site.exceptions import UserError


@dataclass(frozen=True)
class Choice:
    """A label of the task, or a flag with which a clip has none; a comment explains the flag "other"."""

    label: Label | None
    flag: str = ""
    comment: str = ""

    @property
    def key(self) -> str:
        return self.label.key if self.label else self.flag


def read_choice(task: Task, *, label: str = "", flag: str = "", comment: str = "") -> Choice:
    """The choice with these keys.

    Raises UserError ``no_answer``, ``two_answers``, ``wrong_label``, ``wrong_flag`` or ``no_comment``.
    """
    comment = " ".join(comment.replace("\0", "").split())[:500]
    if label and flag:
        raise UserError("two_answers", _("Choose a label or say why there is none, not both."))
    if flag:
        if flag not in Flag.values:
            raise UserError("wrong_flag", _("There is no such reason to leave a clip without a label."))
        if flag == Flag.OTHER and not comment:
            raise UserError("no_comment", _("Say in a few words why this clip has no label."))
        return Choice(None, flag, comment)
    if not label:
        raise UserError("no_answer", _("Choose a label first, or say why there is none."))
    row = Label.objects.filter(task=task, key=label).first()
    if row is None:
        raise UserError("wrong_label", _("This label does not belong to the task of this clip."))
    return Choice(row, "", comment)
