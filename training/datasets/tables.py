"""The tables of a snapshot's folder: a ``metadata.csv`` per split, and the manifest."""

import csv
import io
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from emotion_site.storage.atomic_write import write_text
from training.datasets.corpus import METADATA, SPLITS
from training.models import Snapshot, SnapshotClip

MANIFEST = "manifest.json"


def write_tables(snapshot: Snapshot, folder: Path) -> None:
    """Of the clips that are not erased; each file is replaced whole."""
    clips = list(snapshot.clips.kept().select_related("label"))
    tables = tables_of(snapshot.labels, clips)
    for split in SPLITS:
        path = folder / split / METADATA
        if split in tables:
            write_text(path, tables[split])
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
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def tables_of(labels: Sequence[str], clips: Iterable[SnapshotClip]) -> dict[str, str]:
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
