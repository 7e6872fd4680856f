"""The folder of a snapshot: written beside its place and renamed, checked, and rid of what is taken back."""

import csv
import hashlib
import io
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage

from classifier.audio.flac import decode_flac
from classifier.models import Clip
from emotion_site.exceptions import unavailable
from training.corpus import METADATA, SPLITS
from training.exceptions import SnapshotRefused
from training.models import Snapshot, SnapshotClip
from training.near_duplicates import near_duplicates, picture_of

logger = logging.getLogger(__name__)

MANIFEST = "manifest.json"
NOTE_EVERY = 50
TOLD_PAIRS = 50
Progress = Callable[[int, int], None]


def write_snapshot(snapshot: Snapshot) -> None:
    """Write the files of a frozen snapshot; may run twice.

    Clips that are gone by now are erased. On failure the snapshot says why and no folder is left.
    """
    folder = snapshot.folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _copy_clips(snapshot, partial)
        _write_tables(snapshot, partial)
        if folder.exists():
            shutil.rmtree(folder)
        partial.chmod(0o755)
        partial.rename(folder)
    except Exception as error:
        shutil.rmtree(partial, ignore_errors=True)
        outage = unavailable(error)
        snapshot.state, snapshot.error_code = Snapshot.State.FAILED, outage.code if outage else "not_written"
        snapshot.save(update_fields=["state", "error_code"])
        raise
    Snapshot.objects.filter(pk=snapshot.pk).update(
        state=Snapshot.State.READY, clips_written=snapshot.n_clips, warnings=snapshot.warnings
    )
    snapshot.refresh_from_db()
    logger.info("Wrote snapshot=%s clips=%d", snapshot.pk, snapshot.n_clips)


def sync_folder(snapshot: Snapshot) -> None:
    """Bring a written folder in line with the rows: what was erased has no file and no line any more."""
    if not snapshot.folder.is_dir():
        return
    for clip in snapshot.clips.filter(erased=True).exclude(file=""):
        (snapshot.folder / clip.file).unlink(missing_ok=True)
        SnapshotClip.objects.filter(pk=clip.pk).update(file="")
    _write_tables(snapshot, snapshot.folder)
    logger.info("Erased clips from snapshot=%s", snapshot.pk)


def verify_snapshot(snapshot: Snapshot, progress: Progress | None = None) -> None:
    """Raises SnapshotRefused when a file is missing or altered, or when the folder is not written."""
    if not snapshot.is_ready or not snapshot.folder.is_dir():
        raise SnapshotRefused("snapshot_missing", "The snapshot's files are not there.")
    clips = list(snapshot.clips.kept().select_related("label"))
    for number, clip in enumerate(clips, start=1):
        path = snapshot.folder / clip.file
        if not path.is_file():
            raise SnapshotRefused("snapshot_altered", f"The snapshot's file {clip.file} is missing.")
        if _sha256(path.read_bytes()) != clip.file_sha256:
            raise SnapshotRefused("snapshot_altered", f"The snapshot's file {clip.file} was changed.")
        if progress:
            progress(number, len(clips))
    for split, table in _tables(snapshot.labels, clips).items():
        path = snapshot.folder / split / METADATA
        if not path.is_file() or path.read_text(encoding="utf-8") != table:
            raise SnapshotRefused("snapshot_altered", f"The snapshot's table of {split} clips was changed.")


def copy_snapshot(snapshot: Snapshot, target: Path) -> None:
    """Export a written snapshot to a new or empty folder outside, whole or not at all."""
    partial = target.with_name(f".{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        shutil.copytree(snapshot.folder, partial)
        if target.exists():
            target.rmdir()
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copy_clips(snapshot: Snapshot, folder: Path) -> None:
    clips = list(snapshot.clips.kept().select_related("label"))
    for split in {clip.split for clip in clips}:
        (folder / split / "audio").mkdir(parents=True)
    pictures, heard, gone = [], [], []
    for number, clip in enumerate(clips, start=1):
        sound = _stored_sound(clip)
        if sound is None:
            gone.append(clip.pk)
            continue
        (folder / clip.file).write_bytes(sound)
        clip.file_sha256 = _sha256(sound)
        pictures.append(picture_of(decode_flac(sound)))
        heard.append(clip)
        if number % NOTE_EVERY == 0:
            Snapshot.objects.filter(pk=snapshot.pk).update(clips_written=number)
    SnapshotClip.objects.bulk_update(heard, ["file_sha256"], batch_size=200)
    erase(SnapshotClip.objects.filter(pk__in=gone))
    pairs = near_duplicates(pictures, [clip.split for clip in heard])
    if pairs:
        told = [[str(heard[one].clip_id), str(heard[other].clip_id)] for one, other in pairs[:TOLD_PAIRS]]
        others = [each for each in snapshot.warnings if each["code"] != "near_duplicates"]
        snapshot.warnings = [*others, {"code": "near_duplicates", "count": len(pairs), "pairs": told}]


def erase(clips: Any) -> set[int]:
    """Mark clips of snapshots as taken back; the snapshots whose files have to follow."""
    rows = clips.filter(erased=False)
    snapshots = set(rows.values_list("snapshot_id", flat=True))
    rows.update(erased=True)
    for snapshot_id in snapshots:
        n_erased = SnapshotClip.objects.filter(snapshot=snapshot_id, erased=True).count()
        Snapshot.objects.filter(pk=snapshot_id).update(n_erased=n_erased)
    return snapshots


def _stored_sound(clip: SnapshotClip) -> bytes | None:
    """FLAC bytes, or None when the owner deleted the clip since it was frozen."""
    present = Clip.objects.present().filter(pk=clip.clip_id).first()
    if present is None:
        return None
    try:
        with default_storage.open(present.audio.name or "") as file:
            content: bytes = file.read()
            return content
    except FileNotFoundError:
        return None


def _write_tables(snapshot: Snapshot, folder: Path) -> None:
    clips = list(snapshot.clips.kept().select_related("label"))
    tables = _tables(snapshot.labels, clips)
    for split in SPLITS:
        path = folder / split / METADATA
        if split in tables:
            _replace(path, tables[split])
        elif (folder / split).is_dir():
            shutil.rmtree(folder / split)
    erased = snapshot.clips.filter(erased=True).values_list("clip_id", flat=True)
    manifest = {
        "task": snapshot.task.slug,
        "number": snapshot.number,
        "labels": snapshot.labels,
        "checksum": snapshot.checksum,
        "created": snapshot.created.isoformat(timespec="seconds"),
        "options": snapshot.options,
        "n_clips": snapshot.n_clips,
        "counts": snapshot.counts,
        "erased": sorted(str(pk) for pk in erased),
        "files": {clip.file: clip.file_sha256 for clip in clips},
    }
    _replace(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def _tables(labels: Sequence[str], clips: Iterable[SnapshotClip]) -> dict[str, str]:
    """The text of each split's metadata.csv, in an order that depends on the clips alone."""
    shares = [f"soft_label_{label}" for label in labels]
    columns = ["file_name", "label", *shares, "speaker", "split", "duration_s"]
    texts = {}
    for split in SPLITS:
        target = io.StringIO(newline="")
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(columns)
        chosen = sorted((clip for clip in clips if clip.split == split), key=lambda clip: clip.file)
        for clip in chosen:
            name = clip.file.removeprefix(f"{split}/")
            duration = f"{clip.duration_s:.3f}"
            writer.writerow([name, clip.label.key, *clip.shares, clip.speaker, split, duration])
        if chosen:
            texts[split] = target.getvalue()
    return texts


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
