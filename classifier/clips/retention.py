"""What is removed for good, and when."""

import logging
from datetime import timedelta
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from classifier.models import Clip, IdempotencyKey
from emotion_site.storage import unfinished

logger = logging.getLogger(__name__)

# The undo button may be pressed in the last moment and still travel for a while.
UNDO_GRACE = timedelta(seconds=5)
KEYS_KEPT_FOR = timedelta(days=30)
ORPHAN_AFTER = timedelta(hours=1)


def undo_window() -> timedelta:
    return timedelta(seconds=settings.UNDO_SECONDS) + UNDO_GRACE


def purge_deleted_clips() -> int:
    """Remove rows whose time for undo is over; their files follow (see ``signals.py``)."""
    expired = Clip.objects.filter(deleted_at__lte=timezone.now() - undo_window())
    count = expired.count()
    expired.delete()
    if count:
        logger.info("Removed deleted clips count=%d", count)
    return count


def forget_idempotency_keys() -> None:
    """Retries come within minutes; without expiry the table would only grow."""
    IdempotencyKey.objects.filter(created__lt=timezone.now() - KEYS_KEPT_FOR).delete()


def remove_unfinished_files() -> int:
    """Remove audio whose process was killed before its row was there; how many files."""
    removed = 0
    for name in unfinished.abandoned():
        if not Clip.objects.filter(pk=PurePosixPath(name).stem).exists():
            default_storage.delete(name)
            removed += 1
    if removed:
        logger.warning("Removed files of uploads that were interrupted count=%d", removed)
    return removed


def remove_orphan_files() -> int:
    """Remove audio that no row speaks of, whatever left it there.

    Younger ones than ``ORPHAN_AFTER`` may belong to an upload that is still under way.
    """
    if not default_storage.exists(""):  # nothing was ever stored
        return 0
    removed = 0
    folders, _files = default_storage.listdir("")
    for folder in folders:
        names = [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]
        known = set(Clip.objects.filter(audio__in=names).values_list("audio", flat=True))
        for name in names:
            if name in known or default_storage.get_modified_time(name) > timezone.now() - ORPHAN_AFTER:
                continue
            default_storage.delete(name)
            removed += 1
    if removed:
        logger.warning("Removed files without a clip count=%d", removed)
    return removed
