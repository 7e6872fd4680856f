"""A table of reviews made elsewhere: one line per review, or one per clip with counted votes."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from annotations.exceptions import ImportRefused
from annotations.tasks_and_labels import LabelReader
from classifier.models import Label, Task

VOTES = "votes_"
# Sums of the other columns, which are no label.
NO_LABELS = {"votes_total"}
MOST_VOTES = 1000
MAX_RATER = 80


@dataclass(frozen=True)
class Vote:
    """``number`` tells equal lines of one file apart."""

    file_name: str
    rater: str
    label: Label
    created: datetime | None
    number: int

    def client_id(self, task: Task, clip_id: UUID) -> str:
        """The same for the same line of the same file, so that importing again adds nothing."""
        said = (task.pk, clip_id, self.file_name, self.rater, self.label.key, self.created, self.number)
        return uuid5(NAMESPACE_OID, " ".join(str(part) for part in said)).hex


@dataclass(frozen=True)
class Rejected:
    file_name: str
    reason: str


def read_votes(path: Path, labels: LabelReader) -> Iterator[Vote | Rejected]:
    """All reviews of a file, one by one. Raises ImportRefused when it is no such table."""
    with _opened(path) as reader:
        columns = set(reader.fieldnames or [])
        votes = sorted(column for column in columns if column.startswith(VOTES))
        if {"file_name", "rater", "label"} <= columns:
            yield from _long(reader, labels)
        elif "file_name" in columns and votes:
            yield from _wide(reader, _vote_columns(votes, labels))
        else:
            raise ImportRefused(
                "no_reviews",
                "The file needs the columns file_name, rater and label, or file_name and votes_...",
            )


@contextmanager
def _opened(path: Path) -> Iterator["csv.DictReader[str]"]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield csv.DictReader(lines)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ImportRefused("unreadable", "The file cannot be read as CSV.") from error


def _vote_columns(columns: list[str], labels: LabelReader) -> dict[str, Label]:
    found = {}
    for column in columns:
        label = labels.get(column.removeprefix(VOTES))
        if label is not None:
            found[column] = label
        elif column not in NO_LABELS:
            raise ImportRefused("unknown_label", f"The task has no label for the column {column}; use --map.")
    return found


def _wide(reader: "csv.DictReader[str]", columns: Mapping[str, Label]) -> Iterator[Vote | Rejected]:
    for row in reader:
        name = row["file_name"] or ""
        if (row.get("usable") or "").strip().lower() == "no":
            yield Rejected(name, "not_usable")
            continue
        counts = {label: _whole(row[column]) for column, label in columns.items()}
        if None in counts.values():
            yield Rejected(name, "bad_votes")
            continue
        for label, count in counts.items():
            yield from (Vote(name, "", label, None, number) for number in range(count or 0))


def _whole(text: str | None) -> int | None:
    """Votes are counted in whole numbers; an empty cell is none."""
    text = (text or "").strip() or "0"
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 <= number <= MOST_VOTES else None


def _long(reader: "csv.DictReader[str]", labels: LabelReader) -> Iterator[Vote | Rejected]:
    seen: Counter[tuple[str, str, str, str]] = Counter()
    for row in reader:
        name, rater, said = ((row[column] or "").strip() for column in ("file_name", "rater", "label"))
        created = (row.get("created") or "").strip()
        label, when = labels.get(said), moment_of(created)
        if label is None:
            yield Rejected(name, "unknown_label")
        elif len(rater) > MAX_RATER or "\0" in rater:
            yield Rejected(name, "bad_rater")
        elif created and when is None:
            yield Rejected(name, "bad_created")
        else:
            line = (name, rater, label.key, created)
            yield Vote(name, rater, label, when, seen[line])
            seen[line] += 1


def moment_of(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
        day = parse_date(text) if moment is None else None
    except ValueError:
        return None
    if day is not None:
        moment = datetime.combine(day, time.min)
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment
