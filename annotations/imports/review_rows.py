"""A table of reviews made elsewhere: one line per review, or one per clip with counted votes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from uuid import NAMESPACE_OID, UUID, uuid5

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from annotations.exceptions import ImportRefused
from annotations.imports.labels import LabelReader
from classifier.corpora.corpus_files import one_form
from classifier.corpora.tables import FILE_NAME, Table, TableUnreadable, read_table
from classifier.models import Label, Task

VOTES = "votes_"
# Sums of the other columns, which are no label.
NO_LABELS = {"votes_total"}
MOST_VOTES = 1000
MAX_RATER = 80


@dataclass(frozen=True)
class ReviewRow:
    """``number`` distinguishes equal lines of one file."""

    file_name: str
    rater: str
    label: Label
    created: datetime | None
    number: int

    def client_id(self, task: Task, clip_id: UUID) -> str:
        """The same for the same line of the same file, so that importing again adds nothing."""
        parts = (task.pk, clip_id, self.file_name, self.rater, self.label.key, self.created, self.number)
        return uuid5(NAMESPACE_OID, " ".join(str(part) for part in parts)).hex


@dataclass(frozen=True)
class RejectedRow:
    file_name: str
    reason: str


def read_review_rows(path: Path, labels: LabelReader) -> Iterator[ReviewRow | RejectedRow]:
    """All reviews of a file, one by one. Raises ImportRefused, at once when it is no such table."""
    try:
        table = read_table(path)
    except TableUnreadable as error:
        raise _unreadable() from error
    votes = sorted(column for column in table.columns if column.startswith(VOTES))
    if {FILE_NAME, "rater", "label"} <= set(table.columns):
        return _long(_rows(table), labels)
    if FILE_NAME in table.columns and votes:
        return _wide(table, _vote_columns(votes, labels))
    raise ImportRefused(
        "no_reviews",
        "The file needs the columns file_name, rater and label, or file_name and votes_...",
    )


def _rows(table: Table) -> Iterator[dict[str, str]]:
    try:
        yield from table.rows()
    except TableUnreadable as error:
        raise _unreadable() from error


def _unreadable() -> ImportRefused:
    return ImportRefused("unreadable", "The file cannot be read as CSV.")


def _vote_columns(columns: list[str], labels: LabelReader) -> dict[str, Label]:
    found = {}
    for column in columns:
        label = labels.get(column.removeprefix(VOTES))
        if label is not None:
            found[column] = label
        elif column not in NO_LABELS:
            raise ImportRefused("unknown_label", f"The task has no label for the column {column}; use --map.")
    return found


def _wide(table: Table, columns: Mapping[str, Label]) -> Iterator[ReviewRow | RejectedRow]:
    for row in _rows(table):
        name = one_form(row[FILE_NAME])
        if row.get("usable", "").strip().lower() == "no":
            yield RejectedRow(name, "not_usable")
            continue
        counts = {label: _whole(row[column], table) for column, label in columns.items()}
        if None in counts.values():
            yield RejectedRow(name, "bad_votes")
            continue
        for label, count in counts.items():
            yield from (ReviewRow(name, "", label, None, number) for number in range(count or 0))


def _whole(text: str, table: Table) -> int | None:
    """Votes are counted in whole numbers; an empty cell is none."""
    try:
        number = table.number(text.strip() or "0")
    except ValueError:
        return None
    return int(number) if number.is_integer() and 0 <= number <= MOST_VOTES else None


def _long(rows: Iterator[dict[str, str]], labels: LabelReader) -> Iterator[ReviewRow | RejectedRow]:
    seen: Counter[tuple[str, str, str, str]] = Counter()
    for row in rows:
        name, rater, label_name = (row[column].strip() for column in (FILE_NAME, "rater", "label"))
        name, created = one_form(name), row.get("created", "").strip()
        label, when = labels.get(label_name), parse_time(created)
        if label is None:
            yield RejectedRow(name, "unknown_label")
        elif len(rater) > MAX_RATER or "\0" in rater:
            yield RejectedRow(name, "bad_rater")
        elif created and when is None:
            yield RejectedRow(name, "bad_created")
        else:
            line = (name, rater, label.key, created)
            yield ReviewRow(name, rater, label, when, seen[line])
            seen[line] += 1


def parse_time(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
        day = parse_date(text) if moment is None else None
    except ValueError:
        return None
    if day is not None:
        moment = datetime.combine(day, time.min)
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment
