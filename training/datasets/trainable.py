"""What a snapshot must have before a run may learn from it, checked before a run is started."""

from django.utils.translation import gettext_lazy as _

from emotion_site.exceptions import UserError
from training.models import Snapshot


def refusal_of(snapshot: Snapshot) -> UserError | None:
    """``snapshot_failed``, ``one_label`` or ``empty_split``; None if a run may start."""
    if snapshot.state == Snapshot.State.FAILED:
        return UserError(
            "snapshot_failed", _("This snapshot could not be written. Freeze a new one."), status=409
        )
    if sum(n > 0 for n in snapshot.counts.get("train", {}).values()) < 2:
        return UserError(
            "one_label",
            _("Training needs decided clips of at least two labels from speakers of the training split."),
            status=409,
        )
    if not any(snapshot.counts.get("validation", {}).values()):
        return UserError(
            "empty_split",
            _(
                "No voice in this snapshot is kept for validation, so training would not know when to stop. "
                "Have clips of at least five voices decided, or import a corpus, then freeze again."
            ),
            status=409,
        )
    return None
