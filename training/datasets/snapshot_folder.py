"""The folder of a snapshot: written whole or not at all, verified, copied."""

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.utils import timezone
from soundfile import SoundFileError

from classifier.audio.flac import decode_flac
from classifier.models import Clip
from emotion_site.exceptions import unavailable
from emotion_site.storage.atomic_write import new_folder
from training.datasets.corpus import METADATA
from training.datasets.erasing import WITHDRAWN, erase, erase_withdrawn, sync_folder
from training.datasets.near_duplicates import fingerprint_of, near_duplicates
from training.datasets.tables import tables_of, write_tables
from training.exceptions import SnapshotRefused
from training.models import Snapshot, SnapshotClip

logger = logging.getLogger(__name__)

BEAT_EVERY = 50
LISTED_PAIRS = 50
POLL_EVERY_S = 1.0
Progress = Callable[[int, int], None]
MayContinue = Callable[[], bool]


class Interrupted(Exception):
    """The writer shall stop, or lost its lease because its heartbeat was too old."""


def ensure_written(snapshot: Snapshot, may_continue: MayContinue) -> None:
    """Return when the files are written, by us or another writer, or when ``may_continue`` is False."""
    while snapshot.state == Snapshot.State.WRITING and may_continue():
        write_snapshot(snapshot, may_continue)
        if snapshot.state == Snapshot.State.WRITING:
            time.sleep(POLL_EVERY_S)


def write_snapshot(snapshot: Snapshot, may_continue: MayContinue = lambda: True) -> None:
    """Write the files of a frozen snapshot, unless it has them or another writer is at work.

    Clips that are gone by now are erased. ``may_continue`` is called now and then; after False the next
    writer starts over. On failure the row has an error code, and no folder is left.
    """
    if not _lease(snapshot):
        snapshot.refresh_from_db()
        return
    folder = snapshot.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        with new_folder(folder, private=True, replace=True) as partial:
            _copy_clips(snapshot, partial, may_continue)
            write_tables(snapshot, partial)
            _beat(snapshot)
            partial.chmod(0o755)
    except Interrupted:
        Snapshot.objects.filter(pk=snapshot.pk, heartbeat=snapshot.heartbeat).update(heartbeat=None)
        snapshot.refresh_from_db()
        return
    except Exception as error:
        outage = unavailable(error)
        snapshot.state, snapshot.error_code = Snapshot.State.FAILED, outage.code if outage else "not_written"
        snapshot.save(update_fields=["state", "error_code"])
        raise
    Snapshot.objects.filter(pk=snapshot.pk).update(
        state=Snapshot.State.READY, clips_written=snapshot.n_clips, warnings=snapshot.warnings
    )
    # What was withdrawn meanwhile may have been copied before.
    erase_withdrawn(snapshot)
    sync_folder(snapshot)
    snapshot.refresh_from_db()
    logger.info("Wrote snapshot=%s clips=%d", snapshot.pk, snapshot.n_clips)


def _lease(snapshot: Snapshot) -> bool:
    """Lease the snapshot: one of several writers gets it, for as long as its heartbeat goes on."""
    now = timezone.now()
    if not Snapshot.objects.without_writer().filter(pk=snapshot.pk).update(heartbeat=now):
        return False
    snapshot.heartbeat = now
    return True


def _beat(snapshot: Snapshot, **fields: Any) -> None:
    """Raises Interrupted when another writer took over."""
    now = timezone.now()
    mine = Snapshot.objects.filter(pk=snapshot.pk, heartbeat=snapshot.heartbeat)
    if not mine.update(heartbeat=now, **fields):
        raise Interrupted
    snapshot.heartbeat = now


def require_files(snapshot: Snapshot) -> None:
    """Raises SnapshotRefused when the folder is not written, or gone."""
    if not snapshot.is_ready or not snapshot.folder.is_dir():
        raise SnapshotRefused("snapshot_missing", "The snapshot's files are not there.")


def verify_snapshot(snapshot: Snapshot, folder: Path | None = None, progress: Progress | None = None) -> None:
    """Raises SnapshotRefused when a file is missing or altered, in its folder or in the copy ``folder``."""
    require_files(snapshot)
    folder = folder or snapshot.folder
    clips = list(snapshot.clips.kept().select_related("label"))
    for number, clip in enumerate(clips, start=1):
        path = folder / clip.file
        if not path.is_file():
            raise SnapshotRefused("snapshot_altered", f"The snapshot's file {clip.file} is missing.")
        if _sha256(path.read_bytes()) != clip.file_sha256:
            raise SnapshotRefused("snapshot_altered", f"The snapshot's file {clip.file} was changed.")
        if progress:
            progress(number, len(clips))
    for split, table in tables_of(snapshot.labels, clips).items():
        path = folder / split / METADATA
        if not path.is_file() or path.read_text(encoding="utf-8") != table:
            raise SnapshotRefused("snapshot_altered", f"The snapshot's table of {split} clips was changed.")


def copy_snapshot(snapshot: Snapshot, target: Path) -> None:
    """Export a written snapshot to a new or empty folder outside, whole or not at all."""
    with new_folder(target) as partial:
        shutil.copytree(snapshot.folder, partial, dirs_exist_ok=True)


def link_snapshot(snapshot: Snapshot, target: Path) -> None:
    """The files as they are now in the empty folder ``target``, where they stay whatever is erased later."""
    shutil.copytree(snapshot.folder, target, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Another disk, or one that knows no links.
        shutil.copy2(source, target)


def _copy_clips(snapshot: Snapshot, folder: Path, may_continue: MayContinue) -> None:
    clips = list(snapshot.clips.kept().select_related("label"))
    for split in {clip.split for clip in clips}:
        (folder / split / "audio").mkdir(parents=True)
    fingerprints, kept, gone, unreadable = [], [], [], []
    for number, clip in enumerate(clips, start=1):
        if number % BEAT_EVERY == 0:
            _beat(snapshot, clips_written=number)
            if not may_continue():
                raise Interrupted
        sound = _read_flac(clip)
        if sound is None:
            gone.append(clip.pk)
            continue
        try:
            fingerprint = fingerprint_of(decode_flac(sound))
        except (SoundFileError, ValueError):
            unreadable.append(clip.pk)
            continue
        (folder / clip.file).write_bytes(sound)
        clip.file_sha256 = _sha256(sound)
        fingerprints.append(fingerprint)
        kept.append(clip)
    SnapshotClip.objects.bulk_update(kept, ["file_sha256"], batch_size=200)
    erase(SnapshotClip.objects.filter(pk__in=[*gone, *unreadable]))
    _beat(snapshot)
    _warn(snapshot, "unreadable", len(unreadable))
    pairs = near_duplicates(fingerprints, [clip.split for clip in kept])
    listed = [[str(kept[one].clip_id), str(kept[other].clip_id)] for one, other in pairs[:LISTED_PAIRS]]
    _warn(snapshot, "near_duplicates", len(pairs), pairs=listed)


def _warn(snapshot: Snapshot, code: str, count: int, **values: Any) -> None:
    others = [each for each in snapshot.warnings if each["code"] != code]
    snapshot.warnings = [*others, {"code": code, "count": count, **values}] if count else others


def _read_flac(clip: SnapshotClip) -> bytes | None:
    """FLAC bytes, or None when the owner deleted or withdrew the clip since it was frozen."""
    present = Clip.objects.present().exclude(WITHDRAWN).filter(pk=clip.clip_id).first()
    if present is None:
        return None
    try:
        with default_storage.open(present.audio.name or "") as file:
            content: bytes = file.read()
            return content
    except FileNotFoundError:
        return None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
