"""The rows of a corpus on disk: one ``metadata.csv``, or one in each split's folder."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from annotations.exceptions import ImportRefused
from annotations.tasks_and_labels import LabelReader
from classifier.models import Clip, Label

METADATA = "metadata.csv"
PLACED = {"file_name", "label", "speaker", "split", "usable"}


@dataclass(frozen=True)
class Row:
    """A clip of a corpus as its table has it; ``rejected`` says why it cannot be used, or nothing.

    ``others`` are the columns that the site has no place for.
    """

    path: Path
    file_name: str
    label: Label | None
    speaker: str
    split: str
    rejected: str = ""
    others: dict[str, str] = field(default_factory=dict)


def read_rows(folder: Path, labels: LabelReader) -> list[Row]:
    """Raises ImportRefused when there is no table that can be read, or a speaker stands in two splits."""
    rows = [
        _row(values, table.parent, split, labels)
        for table, split in _tables(folder)
        for values in _values(table)
    ]
    _require_whole_speakers(row for row in rows if not row.rejected)
    return rows


def _tables(folder: Path) -> list[tuple[Path, str]]:
    if not folder.is_dir():
        raise ImportRefused("no_folder", "There is no such folder.")
    if (folder / METADATA).is_file():
        return [(folder / METADATA, "")]
    tables = [
        (folder / split / METADATA, split)
        for split in Clip.Split.values
        if (folder / split / METADATA).is_file()
    ]
    if not tables:
        raise ImportRefused("no_metadata", "The folder holds no metadata.csv, and neither do its splits.")
    return tables


def _values(table: Path) -> Iterator[dict[str, str]]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            if "file_name" not in (reader.fieldnames or []):
                raise ImportRefused("no_file_name", "The metadata.csv needs a column file_name.")
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ImportRefused("unreadable_metadata", "The metadata.csv cannot be read.") from error


def _row(values: dict[str, str], home: Path, split: str, labels: LabelReader) -> Row:
    name = values["file_name"] or ""
    named = (values.get("label") or "").strip()
    label = labels.get(named) if named else None
    split = split or (values.get("split") or "").strip()
    # A row without a speaker is taken for a voice of its own.
    speaker = (values.get("speaker") or "").strip() or PurePosixPath(name).stem
    reasons = {
        "not_usable": (values.get("usable") or "").strip().lower() == "no",
        "bad_file_name": _is_bad(name),
        "unknown_label": bool(named) and label is None,
        "unknown_split": split not in ("", *Clip.Split.values),
    }
    rejected = next((reason for reason, applies in reasons.items() if applies), "")
    if not rejected and not (home / name).is_file():
        rejected = "missing_file"
    return Row(home / name, name, label, speaker, split, rejected, _others(values))


def _others(values: dict[str, str]) -> dict[str, str]:
    """Cells with something in them. A row that is longer than the head has cells without a name."""
    named = {name: text.replace("\0", "") for name, text in values.items() if name and text}
    return {name.replace("\0", ""): text for name, text in named.items() if name not in PLACED}


def _is_bad(name: str) -> bool:
    """Names must be relative and stay inside the folder; links below it may lead anywhere."""
    path = PurePosixPath(name)
    return not name or "\0" in name or len(name) > 255 or path.is_absolute() or ".." in path.parts


def _require_whole_speakers(rows: Iterable[Row]) -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        splits[row.speaker].add(row.split)
    if torn := sorted(speaker for speaker, names in splits.items() if len(names) > 1):
        names = ", ".join(torn[:5])
        detail = f"Each speaker must be in one split only, but not so: {names}."
        raise ImportRefused("speaker_in_two_splits", detail)
