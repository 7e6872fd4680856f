"""Decided labels as a file or a folder, row by row, so that 100,000 need no more memory than ten."""

import csv
import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from annotations.models import CorpusColumns, CurrentReview, Decision, Review
from classifier.models import Clip, Task
from emotion_site.storage.atomic_write import new_folder, replacing_file
from emotion_site.web.csv import PLAIN, Notation, csv_head, csv_line

CHUNK = 1000
FORMATS = ("csv", "jsonl", "audiofolder")
MANIFEST = "manifest.json"
TABLES = {"csv": "labels.csv", "jsonl": "labels.jsonl", "audiofolder": "metadata.csv"}

Row = dict[str, Any]


@dataclass(frozen=True)
class ExportOptions:
    """``since`` leaves out what was decided before; ``notation`` is that of the table for spreadsheets."""

    task: Task
    format: str = "csv"
    since: datetime | None = None
    notation: Notation = PLAIN


class HashedFile:
    """Text that is written and hashed at once."""

    def __init__(self, file: TextIO) -> None:
        self._file, self._hash = file, hashlib.sha256()

    def write(self, text: str) -> int:
        self._hash.update(text.encode())
        return self._file.write(text)

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


def exportable(options: ExportOptions) -> QuerySet[Decision]:
    """Settled decisions of clips that are there and whose owners share them; sound needs both switches."""
    shared = Q(clip__corpus__isnull=False) | Q(clip__shared_for_review=True)
    decisions = Decision.objects.filter(task=options.task, clip__deleted_at__isnull=True)
    if options.format == "audiofolder":
        shared = Q(clip__corpus__isnull=False) | Q(
            clip__shared_for_review=True, clip__shared_for_training=True
        )
        decisions = decisions.filter(state=Decision.State.DECIDED)
    else:
        decisions = decisions.filter(state__in=[Decision.State.DECIDED, Decision.State.EXCLUDED])
    if options.since:
        decisions = decisions.filter(decided_at__gte=options.since)
    related = decisions.filter(shared).select_related("label", "clip__corpus", "clip__reference_label")
    return related.defer("clip__peaks", "clip__quality").order_by("pk")


def export_file(options: ExportOptions, path: Path, *, progress: Callable[[int, int], None]) -> Row:
    """Write the table to ``path`` atomically; returns its manifest."""
    with replacing_file(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        hashed = HashedFile(file)
        count = _write_table(options, hashed, progress, audio=None)
    return _manifest(options, count, hashed)


def export_folder(options: ExportOptions, folder: Path, *, progress: Callable[[int, int], None]) -> Row:
    """Write table, manifest and, for ``audiofolder``, sound into a new or empty folder, or nothing at all."""
    with new_folder(folder) as part:
        audio = part / "audio" if options.format == "audiofolder" else None
        if audio:
            audio.mkdir()
        with (part / TABLES[options.format]).open("w", encoding="utf-8", newline="") as file:
            hashed = HashedFile(file)
            count = _write_table(options, hashed, progress, audio=audio)
        manifest = _manifest(options, count, hashed)
        (part / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


def _manifest(options: ExportOptions, count: int, hashed: HashedFile) -> Row:
    return {
        "task": options.task.slug,
        "labels": options.task.label_keys(),
        "format": options.format,
        "since": options.since.isoformat() if options.since else None,
        "made": timezone.now().isoformat(timespec="seconds"),
        "rows": count,
        "sha256": hashed.sha256,
    }


def _write_table(
    options: ExportOptions, file: HashedFile, progress: Callable[[int, int], None], audio: Path | None
) -> int:
    total = exportable(options).count()
    keys = options.task.label_keys()
    names = [*(["file_name"] if audio else []), *_columns(keys)]
    # What programs read stays as it is; the table for spreadsheets is theirs.
    for_programs = csv.DictWriter(file, names)
    if options.format == "csv":
        file.write(csv_head(names, options.notation))
    elif options.format == "audiofolder":
        for_programs.writeheader()
    count = 0
    for decision, row in _rows(options, keys):
        if audio is not None:
            row = {"file_name": f"audio/{decision.clip_id}.flac", **row}
            if not _copy_sound(decision.clip, audio / f"{decision.clip_id}.flac"):
                continue
        if options.format == "jsonl":
            file.write(json.dumps(row) + "\n")
        elif options.format == "csv":
            file.write(csv_line([row[name] for name in names], options.notation))
        else:
            for_programs.writerow(row)
        count += 1
        progress(count, total)
    return count


def _copy_sound(clip: Clip, path: Path) -> bool:
    """Whether the sound was still there: an owner may delete a clip while this runs."""
    try:
        with default_storage.open(clip.audio.name or "") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
    except FileNotFoundError:
        return False
    return True


def _rows(options: ExportOptions, keys: Sequence[str]) -> Iterator[tuple[Decision, Row]]:
    decisions, last = exportable(options), 0
    # Read page by page: while one long reading lasts, SQLite refuses to note how far it is.
    while chunk := list(decisions.filter(pk__gt=last)[:CHUNK]):
        last = chunk[-1].pk
        ids = [decision.clip_id for decision in chunk]
        votes = _votes(options.task, ids)
        more = _more(options.task, ids) if options.format == "jsonl" else {}
        for decision in chunk:
            row = _row(decision, keys, votes[decision.clip_id])
            yield decision, row | more.get(decision.clip_id, {})


def _columns(keys: Sequence[str]) -> list[str]:
    first = ["clip", "label", "how", "flag", "decided_at", "reference_label", "corpus", "corpus_file"]
    return [*first, "speaker", "split", "duration_s", "waveform_sha256", *(f"votes_{key}" for key in keys)]


def _row(decision: Decision, keys: Sequence[str], votes: dict[str, int]) -> Row:
    clip = decision.clip
    values = [
        str(clip.pk),
        decision.label.key if decision.label else "",
        decision.how,
        decision.flag,
        decision.decided_at.isoformat() if decision.decided_at else "",
        clip.reference_label.key if clip.reference_label else "",
        clip.corpus.name if clip.corpus else "",
        clip.file_name,
        speaker_of(clip),
        clip.split,
        round(clip.duration_s, 3),
        clip.checksum,
        *(votes.get(key, 0) for key in keys),
    ]
    return dict(zip(_columns(keys), values, strict=True))


def speaker_of(clip: Clip) -> str:
    """The speaker of a corpus by name; a person's only by a pseudonym that leads nowhere without our key."""
    if clip.corpus_id:
        return clip.speaker
    digest = salted_hmac("annotations.speaker", f"{clip.owner_id}:{clip.speaker}").hexdigest()
    return f"speaker-{digest[:12]}"


def _votes(task: Task, ids: list[UUID]) -> dict[UUID, dict[str, int]]:
    rows = CurrentReview.objects.filter(task=task, clip__in=ids, label__isnull=False)
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for clip_id, key, count in rows.values_list("clip_id", "label__key").annotate(n=Count("pk")).order_by():
        found[clip_id][key] = count
    return found


def _more(task: Task, ids: list[UUID]) -> dict[UUID, Row]:
    """What fits into no table: every review, and the other columns of a corpus."""
    reviews = _reviews(task, ids)
    columns = dict(CorpusColumns.objects.filter(clip__in=ids).values_list("clip", "columns"))
    return {pk: {"reviews": reviews[pk], "corpus_columns": columns.get(pk, {})} for pk in ids}


def _reviews(task: Task, ids: list[UUID]) -> dict[UUID, list[Row]]:
    """The whole log of each clip, without comments, which may hold personal data."""
    rows = Review.objects.filter(task=task, clip__in=ids).order_by("pk")
    found: dict[UUID, list[Row]] = defaultdict(list)
    names = ("rater", "kind", "flag", "picked_by", "prediction_shown", "milliseconds", "created")
    for row in rows.values("clip_id", *names, given=F("label__key"), predicted=F("predicted_label__key")):
        clip_id, given, predicted = row.pop("clip_id"), row.pop("given"), row.pop("predicted")
        created = row.pop("created").isoformat()
        found[clip_id].append({"label": given, "predicted_label": predicted, "created": created, **row})
    return found
