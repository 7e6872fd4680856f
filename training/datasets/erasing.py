"""Erases clips from snapshots when owners delete or withdraw them: the rows at once, then the files."""

import logging
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from classifier.models import Clip
from training.datasets.tables import write_tables
from training.models import Snapshot, SnapshotClip

logger = logging.getLogger(__name__)

# Clips of a corpus have no owner who could withdraw them.
WITHDRAWN = Q(corpus__isnull=True) & ~Q(shared_for_review=True, shared_for_training=True)


def erase(clips: Any) -> set[int]:
    """Mark clips of snapshots as erased. Returns the keys of the snapshots whose files have to follow."""
    rows = clips.filter(erased=False)
    snapshots = set(rows.values_list("snapshot_id", flat=True))
    rows.update(erased=True, erased_at=timezone.now())
    for snapshot_id in snapshots:
        n_erased = SnapshotClip.objects.filter(snapshot=snapshot_id, erased=True).count()
        Snapshot.objects.filter(pk=snapshot_id).update(n_erased=n_erased)
    return snapshots


def erase_withdrawn(snapshot: Snapshot) -> None:
    """Mark what was deleted or withdrawn while the snapshot was being frozen and its rows were not seen."""
    withdrawn = Clip.objects.filter(WITHDRAWN).values("pk")
    gone = ~Q(clip__in=Clip.objects.values("pk"))
    erase(snapshot.clips.filter(Q(clip__in=withdrawn) | gone))


def sync_folder(snapshot: Snapshot) -> None:
    """Bring a written folder in line with the rows: what was erased has no file and no line any more."""
    with transaction.atomic():
        # Two at once could leave the older table.
        Snapshot.objects.select_for_update().get(pk=snapshot.pk)
        if not snapshot.folder.is_dir():
            return
        erased = list(snapshot.clips.filter(erased=True).exclude(file=""))
        if erased:
            write_tables(snapshot, snapshot.folder)
            for clip in erased:
                (snapshot.folder / clip.file).unlink(missing_ok=True)
            SnapshotClip.objects.filter(pk__in=[clip.pk for clip in erased]).update(file="")
            _clear_cache()
            logger.info("Erased clips from snapshot=%s", snapshot.pk)


def _clear_cache() -> None:
    """Delete the cache of decoded audio: its files do not record whose audio they hold."""
    # The index of a file goes first: without it the clips are decoded again.
    for suffix in (".json", ".pcm"):
        for path in (Path(settings.DATA_DIR) / "cache").glob(f"*{suffix}"):
            path.unlink(missing_ok=True)
