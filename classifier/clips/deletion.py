"""Deleting clips, and bringing them back while there is time for undo."""

import logging
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classifier import tasks
from classifier.clips.retention import undo_window
from classifier.events import clips_changed
from classifier.models import Clip
from classifier.querysets import ClipQuerySet
from emotion_site.exceptions import UserError
from emotion_site.models import User

logger = logging.getLogger(__name__)


def delete_clips(*, clips: ClipQuerySet) -> list[UUID]:
    """Hide clips at once and remove them for good when the time for undo is over."""
    with transaction.atomic():
        ids = list(clips.present().values_list("pk", flat=True))
        Clip.objects.filter(pk__in=ids).update(deleted_at=timezone.now())
        clips_changed.send(sender=Clip, clip_ids=ids)
        when = timezone.now() + undo_window()
        transaction.on_commit(lambda: tasks.purge_deleted.using(run_after=when).enqueue())
    logger.info("Deleted clips count=%d", len(ids))
    return ids


def restore_clips(*, owner: User, clip_ids: list[UUID]) -> int:
    """Undo a deletion. Raises UserError when it is too late."""
    deleted_since = timezone.now() - undo_window()
    clips = Clip.objects.undoable_by(owner).filter(pk__in=clip_ids, deleted_at__gt=deleted_since)
    try:
        with transaction.atomic():
            ids = list(clips.values_list("pk", flat=True))
            restored = Clip.objects.filter(pk__in=ids).update(deleted_at=None)
            clips_changed.send(sender=Clip, clip_ids=ids)
    except IntegrityError:
        detail = _("You uploaded the same recording again meanwhile, so there is nothing to bring back.")
        raise UserError("duplicate", detail, status=409) from None
    # A second press of the button finds the clips where they belong.
    if restored == 0 and not Clip.objects.visible_to(owner).filter(pk__in=clip_ids).exists():
        raise UserError("too_late", _("It is too late to undo; the recording is gone."), status=410)
    logger.info("Restored clips count=%d", restored)
    return restored
