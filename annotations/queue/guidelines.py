"""How to label: words for each emotion, and clips on which people agreed."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotations.imports.labels import DEFAULT_TASK
from annotations.models import Decision
from classifier.models import Clip, Label, Task
from classifier.querysets import ClipQuerySet
from emotion_site.models import User
from emotion_site.roles import is_reviewer

EXAMPLES_PER_LABEL = 2
# Among so many of the clips decided last the examples are looked for, settled by an administrator or not.
LATEST = 300
LONGEST_S = 15.0
# Clearest first. What one person said alone is no example.
AGREED = [Decision.How.ADJUDICATED, Decision.How.CONSENSUS]

RULES: list[Promise] = [
    _("Judge how the voice sounds, not what the words say."),
    _("Your first impression counts. Listen again only when you doubt."),
    _("When several people speak, or nobody does, say so instead of guessing."),
]

EMOTION_RULE = _(
    "Choose the strongest emotion. If two are equally strong, take the one that you heard first."
)
EMOTIONS = {
    "neutral": _("Even pitch and pace, as if reading out facts. Also calm or a little bored, without more."),
    "happy": _(
        "Bright and lively; pitch goes up and down, and often you hear a smile. Joy, amusement, pride."
    ),
    "sad": _(
        "Slow, low and weak, with pauses or sighs; the voice may break. Grief, longing, discouragement."
    ),
    "angry": _("Loud or pressed, hard and fast; words are struck. Cold anger is quiet, but tense and sharp."),
    "fearful": _("High, tense and hasty, or trembling and breathless. Worry, fright, panic."),
    "disgust": _("Drawn out and low, as if pushing something away; “ugh”, contempt. Less loud than anger."),
}


@dataclass(frozen=True)
class Guideline:
    """How to recognise a label. ``text`` is the administrators' or, for the emotions, the site's own."""

    label: Label
    text: str | Promise
    examples: list[UUID]


def rules_of(task: Task) -> list[Promise]:
    return [*RULES, EMOTION_RULE] if task.slug == DEFAULT_TASK else RULES


def guidelines_of(task: Task, user: User) -> list[Guideline]:
    labels = list(task.labels.order_by("order"))
    texts = EMOTIONS if task.slug == DEFAULT_TASK else {}
    examples = _examples(task, user)
    return [
        Guideline(label, label.guidance or texts.get(label.key, ""), examples.get(label.pk, []))
        for label in labels
    ]


def example_clips(user: User) -> ClipQuerySet:
    """Clips decided by people that may be played as examples: they need no more reviews."""
    decided = Decision.objects.filter(state=Decision.State.DECIDED, how__in=AGREED)
    return _playable(user).filter(pk__in=decided.values("clip_id"))


def _playable(user: User) -> ClipQuerySet:
    if not is_reviewer(user):
        return Clip.objects.none()
    return Clip.objects.reviewable().filter(duration_s__lte=LONGEST_S)


def _examples(task: Task, user: User) -> dict[int, list[UUID]]:
    """Of each kind of decision the last ones."""
    found: dict[int, list[UUID]] = defaultdict(list)
    for how in AGREED:
        # Asked clip by clip: SQLite would list all playable clips first.
        playable = Exists(_playable(user).filter(pk=OuterRef("clip")))
        decided = Decision.objects.filter(playable, task=task, how=how).order_by("-decided_at")
        for label_id, clip_id in decided.values_list("label_id", "clip_id")[:LATEST]:
            if label_id is not None and len(found[label_id]) < EXAMPLES_PER_LABEL:
                found[label_id].append(clip_id)
    return found
