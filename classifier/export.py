"""A person's clips as CSV, row by row, so that 100,000 need no more memory than ten."""

import csv
from collections.abc import AsyncIterator, Sequence
from io import StringIO

from classifier.certainty import is_silent
from classifier.models import Clip, Label
from classifier.querysets import ClipQuerySet

CHUNK = 500
# Spreadsheets take text that begins like this for a formula and would run it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


async def csv_lines(clips: ClipQuerySet, labels: Sequence[Label]) -> AsyncIterator[str]:
    """Header and one line per clip, many at a time; the columns are the same in every language."""
    keys = [label.key for label in labels]
    lines = [_line(_header(keys))]
    async for clip in clips.for_list().with_predictions().aiterator(chunk_size=CHUNK):
        lines.append(_line(_row(clip, keys)))
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


def _line(cells: Sequence[object]) -> str:
    buffer = StringIO()
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
