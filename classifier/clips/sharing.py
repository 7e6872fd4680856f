"""Who may use a clip beside its owner."""

import logging

from django.db import transaction

from classifier.events import clips_changed
from classifier.models import Clip
from classifier.querysets import ClipQuerySet

logger = logging.getLogger(__name__)

SHARING = ("shared_for_review", "shared_for_training")


@transaction.atomic
def set_sharing(*, clip: Clip, review: bool | None = None, training: bool | None = None) -> None:
    """Set who may use a clip; withdrawing takes effect at once.

    None leaves a switch as it is, even if somebody turned it since ``clip`` was read.
    """
    now = Clip.objects.select_for_update().only(*SHARING).get(pk=clip.pk)
    clip.shared_for_review = now.shared_for_review if review is None else review
    clip.shared_for_training = now.shared_for_training if training is None else training
    clip.save(update_fields=SHARING)
    logger.info(
        "Sharing of clip=%s review=%s training=%s", clip.pk, clip.shared_for_review, clip.shared_for_training
    )


@transaction.atomic
def share_clips(*, clips: ClipQuerySet, review: bool, training: bool) -> int:
    """Set for many clips who may use them; returns how many there were."""
    ids = list(clips.present().values_list("pk", flat=True))
    Clip.objects.filter(pk__in=ids).update(shared_for_review=review, shared_for_training=training)
    clips_changed.send(sender=Clip, clip_ids=ids)
    logger.info("Sharing of clips count=%d review=%s training=%s", len(ids), review, training)
    return len(ids)
