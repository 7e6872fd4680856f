"""Three clips that ship with the site, for people who have no recording at hand."""

from pathlib import Path
from typing import NamedTuple

from django.core.files.base import File
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classifier.clips.submit import ClipOptions, Submission, submit_clip
from classifier.models import Clip
from emotion_site.models import User

# Pages play them, and SOURCE.md beside them names their source.
FOLDER = Path(__file__).parents[1] / "static" / "classifier" / "examples"


class Example(NamedTuple):
    """``slug`` is the name of its file; ``title`` is what its clip is called in the history."""

    slug: str
    name: str | Promise
    title: str | Promise

    @property
    def static_path(self) -> str:
        return f"classifier/examples/{self.slug}.flac"


EXAMPLES = (
    Example("happy", _("A happy voice"), _("Example: a happy voice")),
    Example("angry", _("An angry voice"), _("Example: an angry voice")),
    Example("calm", _("A calm voice"), _("Example: a calm voice")),
)
BY_SLUG = {example.slug: example for example in EXAMPLES}


def submit_example(*, owner: User, example: Example) -> Submission:
    """Send an example like a recording of the owner's own. Raises UserError.

    It is shared with nobody, whatever the owner's settings: it is no recording of this organisation.
    """
    options = ClipOptions(
        title=str(example.title), speaker="EmoDB", shared_for_review=False, shared_for_training=False
    )
    with (FOLDER / f"{example.slug}.flac").open("rb") as sound:
        file = File(sound, name=f"{example.slug}.flac")
        return submit_clip(owner=owner, file=file, source=Clip.Source.UPLOAD, options=options)
