"""A person's clips as CSV, row by row, so that 100,000 need no more memory than ten."""

import csv
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from io import StringIO

from django.utils.formats import get_format

from classifier.certainty import is_silent
from classifier.models import Clip, Label
from classifier.querysets import ClipQuerySet

CHUNK = 500
# Without it Excel takes the file for something older than UTF-8 and spoils every accent.
BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets take text that begins like this for a formula and would run it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Notation:
    """What stands between cells and before decimals where a spreadsheet opens the file."""

    separator: str
    decimal: str


def notation_of(language: str) -> Notation:
    """Where the comma stands in numbers, as in Spanish, spreadsheets expect semicolons between cells."""
    decimal = get_format("DECIMAL_SEPARATOR", lang=language, use_l10n=True)
    return Notation(separator=";" if decimal == "," else ",", decimal=decimal)


async def csv_lines(clips: ClipQuerySet, labels: Sequence[Label], notation: Notation) -> AsyncIterator[str]:
    """Header and one line per clip, many at a time; the columns are the same in every language."""
    keys = [label.key for label in labels]
    lines = [BYTE_ORDER_MARK + _line(_header(keys), notation)]
    async for clip in clips.for_list().with_predictions().aiterator(chunk_size=CHUNK):
        lines.append(_line(_row(clip, keys), notation))
        if len(lines) == CHUNK:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _header(keys: Sequence[str]) -> list[str]:
    names = ["id", "title", "created", "source", "speaker", "duration_s", "label", "confidence", "sure"]
    return [*names, *keys, "model_version"]


def _row(clip: Clip, keys: Sequence[str]) -> list[object]:
    newest = clip.latest_prediction()
    fixed = [
        clip.pk,
        _harmless(clip.title),
        clip.created.isoformat(timespec="seconds"),
        clip.source,
        _harmless(clip.speaker),
        round(clip.duration_s, 3),
    ]
    if newest is None:
        return [*fixed, "", "", "", *("" for _key in keys), ""]
    scores = [round(newest.scores.get(key, 0.0), 6) for key in keys]
    label = "" if is_silent(clip.quality) else newest.label.key
    answer = [label, round(newest.confidence, 6), str(clip.is_sure).lower()]
    return [*fixed, *answer, *scores, newest.model_version.number]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _line(cells: Sequence[object], notation: Notation) -> str:
    buffer = StringIO()
    writer = csv.writer(buffer, delimiter=notation.separator)
    writer.writerow(
        [str(cell).replace(".", notation.decimal) if isinstance(cell, float) else cell for cell in cells]
    )
    return buffer.getvalue()
