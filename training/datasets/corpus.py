"""Reads a folder of clips in the audiofolder layout: a ``metadata.csv``, or one in each split folder."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from unicodedata import normalize

from classifier.corpora.corpus_files import CorpusFiles, FileRefused, one_form
from classifier.corpora.tables import FILE_NAME, Table, TableUnreadable, read_table
from training.exceptions import CorpusRefused

METADATA = "metadata.csv"
SPLITS = ("train", "validation", "test")
VOTES = "votes_"
SOFT_LABELS = "soft_label_"


@dataclass(frozen=True)
class CorpusClip:
    """One row: ``label`` is None where the corpus has none, ``votes`` follow the labels or are empty."""

    path: Path
    label: str | None
    speaker: str
    split: str
    votes: tuple[float, ...] = ()
    duration_s: float | None = None


@dataclass(frozen=True)
class CorpusFolder:
    """The clips of a folder that can be used; ``rejected`` is the number of rows left out, by reason."""

    name: str
    labels: tuple[str, ...]
    clips: tuple[CorpusClip, ...]
    rejected: Mapping[str, int]

    def split(self, name: str) -> tuple[CorpusClip, ...]:
        """The labelled clips of one split. Raises CorpusRefused when there are none."""
        clips = tuple(clip for clip in self.clips if clip.split == name and clip.label is not None)
        if not clips:
            raise CorpusRefused("empty_split", f"The corpus has no labelled clip in the split {name}.")
        return clips


def read_corpus(
    folder: Path,
    labels: Sequence[str],
    renames: Mapping[str, str] | None = None,
    *,
    follow_links: bool = False,
) -> CorpusFolder:
    """Read all rows; ``renames`` maps labels of the corpus to labels of the task.

    Links may lead out of the folder only with ``follow_links``.

    Raises CorpusRefused when a row names a file that is not there or outside the folder, an unknown label
    or split, or when one speaker stands in two splits.
    """
    clips: list[CorpusClip] = []
    rejected: dict[str, int] = defaultdict(int)
    reader = _Reader(CorpusFiles(folder, follow_links=follow_links), tuple(labels), renames or {})
    for path, split in _tables(folder):
        table = read_metadata(path, reader.files)
        for row in rows_of(table):
            if row.get("usable") == "no":
                rejected["not_usable"] += 1
                continue
            clips.append(_clip(row, table, path.parent, split, reader))
    check_speakers(clips)
    return CorpusFolder(folder.name, tuple(labels), tuple(clips), dict(rejected))


def check_speakers(clips: Iterable[CorpusClip]) -> None:
    """Raises CorpusRefused when a speaker is in two splits: a test speaker must be new to the model."""
    splits: dict[str, set[str]] = defaultdict(set)
    for clip in clips:
        splits[clip.speaker].add(clip.split)
    if mixed := sorted(speaker for speaker, names in splits.items() if len(names) > 1):
        raise CorpusRefused(
            "speaker_in_two_splits",
            f"Each speaker must be in one split only. These are in several: {', '.join(mixed)}.",
        )


def require_several_labels(clips: Sequence[CorpusClip]) -> None:
    """Raises CorpusRefused when there are fewer than two labels."""
    if len({clip.label for clip in clips}) < 2:
        raise CorpusRefused("one_label", "Training needs clips of at least two labels.")


def _tables(folder: Path) -> list[tuple[Path, str | None]]:
    if (folder / METADATA).is_file():
        return [(folder / METADATA, None)]
    tables: list[tuple[Path, str | None]] = [
        (folder / split / METADATA, split) for split in SPLITS if (folder / split / METADATA).is_file()
    ]
    if not tables:
        raise CorpusRefused("no_metadata", "The folder holds no metadata.csv, and neither do its splits.")
    return tables


def read_metadata(path: Path, files: CorpusFiles) -> Table:
    """The table of a folder of sounds. Raises CorpusRefused."""
    try:
        files.require_inside(path)
        table = read_table(path)
    except FileRefused as error:
        raise corpus_refused(error, path.name) from error
    except TableUnreadable as error:
        raise CorpusRefused("unreadable_metadata", "The metadata.csv cannot be read.") from error
    if FILE_NAME not in table.columns:
        raise CorpusRefused("no_file_name", "The metadata.csv needs a column file_name.")
    return table


def rows_of(table: Table) -> Iterator[dict[str, str]]:
    """Raises CorpusRefused."""
    try:
        yield from table.rows()
    except TableUnreadable as error:
        raise CorpusRefused("unreadable_metadata", "The metadata.csv cannot be read.") from error


def corpus_refused(error: FileRefused, name: str) -> CorpusRefused:
    details = {
        "bad_file_name": "A file_name must be relative and stay inside its folder.",
        "missing_file": f"The corpus names a file that is not there: {name}.",
        "link_outside": f"A link leads out of the corpus: {name}. Follow such links with --follow-links.",
    }
    return CorpusRefused(error.code, details[error.code])


@dataclass(frozen=True)
class _Reader:
    """What all rows of a corpus are read with."""

    files: CorpusFiles
    labels: tuple[str, ...]
    renames: Mapping[str, str]


def _clip(row: Mapping[str, str], table: Table, home: Path, split: str | None, reader: _Reader) -> CorpusClip:
    name = row[FILE_NAME]
    try:
        path = reader.files.find(home, name)
    except FileRefused as error:
        raise corpus_refused(error, name) from error
    label = row.get("label") or None
    label = reader.renames.get(label, label) if label else None
    if label is not None and label not in reader.labels:
        raise CorpusRefused("unknown_label", f"The task has no label {label}.")
    split = split or row.get("split") or "train"
    if split not in SPLITS:
        raise CorpusRefused("unknown_split", f"There is no split {split}; known are {', '.join(SPLITS)}.")
    # A row without a speaker is a speaker of its own. A speaker has one name in all tables.
    speaker = normalize("NFC", row.get("speaker", "")) or PurePosixPath(one_form(name)).stem
    duration = row.get("duration_s")
    return CorpusClip(
        path,
        label,
        speaker,
        split,
        _votes(row, table, reader),
        _number(table, duration, "bad_duration") if duration else None,
    )


def _votes(row: Mapping[str, str], table: Table, reader: _Reader) -> tuple[float, ...]:
    counts = dict.fromkeys(reader.labels, 0.0)
    for column, value in row.items():
        for prefix in (VOTES, SOFT_LABELS):
            key = column.removeprefix(prefix) if column.startswith(prefix) else ""
            key = reader.renames.get(key, key)
            if key in counts and value:
                counts[key] += _number(table, value, "bad_votes")
    return tuple(counts.values()) if any(counts.values()) else ()


def _number(table: Table, text: str, code: str) -> float:
    try:
        return table.number(text)
    except ValueError as error:
        raise CorpusRefused(code, f"A row of the corpus has {text!r} where a number belongs.") from error
