"""A person's clips as CSV, row by row, so that 100,000 need no more memory than ten."""

from collections.abc import AsyncIterator, Sequence

from classifier.models import Clip, Label
from classifier.predictions.certainty import is_silent
from classifier.querysets import ClipQuerySet
from emotion_site.web.csv import Notation, csv_head, csv_line

CHUNK = 500


async def csv_lines(clips: ClipQuerySet, labels: Sequence[Label], notation: Notation) -> AsyncIterator[str]:
    """Header and one line per clip, many at a time; the columns are the same in every language."""
    keys = [label.key for label in labels]
    lines = [csv_head(_header(keys), notation)]
    async for clip in clips.for_list().with_predictions().aiterator(chunk_size=CHUNK):
        lines.append(csv_line(_row(clip, keys), notation))
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
        clip.title,
        clip.created.isoformat(timespec="seconds"),
        clip.source,
        clip.speaker,
        round(clip.duration_s, 3),
    ]
    if newest is None:
        return [*fixed, "", "", "", *("" for _key in keys), ""]
    scores = [round(newest.scores.get(key, 0.0), 6) for key in keys]
    label = "" if is_silent(clip.quality) else newest.label.key
    prediction = [label, round(newest.confidence, 6), str(clip.is_sure).lower()]
    return [*fixed, *prediction, *scores, newest.model_version.number]
