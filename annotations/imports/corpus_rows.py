"""The rows of a corpus on disk: one ``metadata.csv``, or one in each split's folder."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from annotations.exceptions import ImportRefused
from annotations.imports.labels import LabelReader
from classifier.corpora.corpus_files import CorpusFiles, FileRefused, one_form
from classifier.corpora.tables import FILE_NAME, TableUnreadable, read_table
from classifier.models import Clip, Label

METADATA = "metadata.csv"
PLACED = {FILE_NAME, "label", "speaker", "split", "usable"}


@dataclass(frozen=True)
class CorpusRow:
    """A clip's row in the table of a corpus; ``rejected`` is why it cannot be used, or empty.

    ``others`` are the columns that the site has no place for.
    """

    path: Path
    file_name: str
    label: Label | None
    speaker: str
    split: str
    rejected: str = ""
    others: dict[str, str] = field(default_factory=dict)


def read_corpus_rows(folder: Path, labels: LabelReader, *, follow_links: bool = False) -> list[CorpusRow]:
    """Files that links bring in from outside the folder are rejected unless ``follow_links``.

    Raises ImportRefused when there is no table that can be read, or a speaker stands in two splits.
    """
    files = CorpusFiles(folder, follow_links=follow_links)
    rows = [
        _row(values, table.parent, split, labels, files)
        for table, split in _tables(folder)
        for values in _values(table, files)
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


def _values(table: Path, files: CorpusFiles) -> Iterator[dict[str, str]]:
    try:
        files.require_inside(table)
        read = read_table(table)
        if FILE_NAME not in read.columns:
            raise ImportRefused("no_file_name", "The metadata.csv needs a column file_name.")
        yield from read.rows()
    except TableUnreadable as error:
        raise ImportRefused("unreadable_metadata", "The metadata.csv cannot be read.") from error
    except FileRefused as error:
        detail = "The metadata.csv is a link that leads out of the folder. Follow it with --follow-links."
        raise ImportRefused(error.code, detail) from error


def _row(
    values: dict[str, str], home: Path, split: str, labels: LabelReader, files: CorpusFiles
) -> CorpusRow:
    name = values[FILE_NAME]
    named = values.get("label", "").strip()
    label = labels.get(named) if named else None
    split = split or values.get("split", "").strip()
    # A row without a speaker counts as a speaker of its own. A speaker has one name in all tables.
    speaker = normalize("NFC", values.get("speaker", "").strip()) or PurePosixPath(one_form(name)).stem
    reasons = {
        "not_usable": values.get("usable", "").strip().lower() == "no",
        "unknown_label": bool(named) and label is None,
        "unknown_split": split not in ("", *Clip.Split.values),
    }
    rejected = next((reason for reason, applies in reasons.items() if applies), "")
    path = home
    if not rejected:
        try:
            path = files.find(home, name)
        except FileRefused as error:
            rejected = error.code
    return CorpusRow(path, name, label, speaker, split, rejected, _others(values))


def _others(values: dict[str, str]) -> dict[str, str]:
    """Cells with something in them, of columns with a name."""
    named = {name: text.replace("\0", "") for name, text in values.items() if name and text}
    return {name.replace("\0", ""): text for name, text in named.items() if name not in PLACED}


def _require_whole_speakers(rows: Iterable[CorpusRow]) -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        splits[row.speaker].add(row.split)
    if torn := sorted(speaker for speaker, names in splits.items() if len(names) > 1):
        names = ", ".join(torn[:5])
        detail = f"Each speaker must be in one split only. These are in several: {names}."
        raise ImportRefused("speaker_in_two_splits", detail)
