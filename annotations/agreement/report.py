"""Everything that is said about the agreement of a task, for page, API and command."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.core.cache import cache

from annotations.agreement import figures
from annotations.agreement.counts import ClipCounts, clip_counts, pair_counts, version_counts
from annotations.agreement.figures import Agreement, Interval, LabelAgreement, Table
from annotations.models import Review
from classifier.models import Task

# A deleted clip changes figures without a new review; nobody waits longer than this to see it.
KEPT_S = 60
MAX_PAIRS = 200


@dataclass(frozen=True)
class LabelRow:
    key: str
    figures: LabelAgreement


@dataclass(frozen=True)
class PairRow:
    """Two people by their pseudonyms; ``table`` int[labels][labels] with the first one's label first."""

    first: str
    second: str
    n_clips: int
    raw_agreement: float
    cohen_kappa: float | None
    table: list[list[int]]


@dataclass(frozen=True)
class WeekRow:
    """Clips whose last answer came in the week that begins on this Monday."""

    monday: date
    figures: Agreement


@dataclass(frozen=True)
class VersionRow:
    """How often the reviewers of clips drawn at random say what a model version says."""

    number: int
    n_clips: int
    n_reviews: int
    accuracy: float
    interval: Interval | None
    cohen_kappa: float | None
    table: list[list[int]]


@dataclass(frozen=True)
class Report:
    """``confusion``: float[labels][labels], shares of each row; labels are in the task's order."""

    labels: list[str]
    overall: Agreement
    intervals: dict[str, Interval | None]
    per_label: list[LabelRow]
    confusion: list[list[float]]
    pairs: list[PairRow]
    n_pairs: int
    weeks: list[WeekRow]
    versions: list[VersionRow]

    def as_dict(self) -> dict[str, Any]:
        """For JSON, apart from dates."""
        return asdict(self)


def agreement_of(task: Task) -> Agreement:
    """The figures of ``manage.py agreement``."""
    counts = clip_counts(task)
    return figures.agreement(counts.table, counts.clips)


def report_of(task: Task) -> Report:
    """The whole report, made anew when there is a new review."""
    newest = Review.objects.filter(task=task).order_by("-id").values_list("pk", flat=True).first()
    key = f"annotations.agreement:{task.pk}:{newest}"
    report = cache.get(key)
    if report is None:
        report = make_report(task)
        cache.set(key, report, KEPT_S)
    return report


def make_report(task: Task) -> Report:
    counts = clip_counts(task)
    labels = [label.key for label in counts.labels]
    per_label = figures.per_label(counts.table, counts.clips)
    pairs = _pair_rows(pair_counts(task))
    return Report(
        labels=labels,
        overall=figures.agreement(counts.table, counts.clips),
        intervals=figures.intervals(counts.table, counts.clips),
        per_label=[LabelRow(key, row) for key, row in zip(labels, per_label, strict=True)],
        confusion=figures.confusion(counts.table, counts.clips).tolist(),
        pairs=pairs[:MAX_PAIRS],
        n_pairs=len(pairs),
        weeks=_weeks(counts),
        versions=_version_rows(task),
    )


def _pair_rows(pairs: dict[tuple[str, str], Table]) -> list[PairRow]:
    """Those who share the most clips first."""
    common = sorted(pairs.items(), key=lambda item: (-int(item[1].sum()), item[0]))
    return [
        PairRow(
            first,
            second,
            int(table.sum()),
            float(np.trace(table) / table.sum()),
            figures.cohen_kappa(table) if number < MAX_PAIRS else None,
            table.tolist(),
        )
        for number, ((first, second), table) in enumerate(common)
    ]


def _weeks(counts: ClipCounts) -> list[WeekRow]:
    rows: dict[date, list[int]] = defaultdict(list)
    for number, day in enumerate(counts.days):
        rows[day - timedelta(days=day.weekday())].append(number)
    return [
        WeekRow(monday, figures.agreement(counts.table[chosen], counts.clips[chosen]))
        for monday, chosen in sorted(rows.items())
    ]


def _version_rows(task: Task) -> list[VersionRow]:
    found = []
    for version in version_counts(task):
        total = int(version.pairs.sum())
        accuracy = float(np.trace(version.pairs) / total)
        found.append(
            VersionRow(
                version.number,
                version.n_clips,
                total,
                accuracy,
                # Several reviews of one clip are not several clips.
                figures.wilson(accuracy * version.n_clips, version.n_clips),
                figures.cohen_kappa(version.pairs),
                version.pairs.tolist(),
            )
        )
    return found
