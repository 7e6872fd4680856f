"""The agreement report of a task, for page, API and command."""

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np

from annotations.agreement import coefficients
from annotations.agreement.coefficients import Agreement, Interval, LabelAgreement, Table
from annotations.agreement.counts import ClipCounts, clip_counts, pair_counts, version_counts
from classifier.models import Task

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
    """Clips whose latest review is in the week beginning on this Monday."""

    monday: date
    figures: Agreement


@dataclass(frozen=True)
class VersionAgreement:
    """Agreement between a model version and reviewers, on clips drawn at random."""

    number: int
    n_clips: int
    n_reviews: int
    accuracy: float
    interval: Interval | None
    cohen_kappa: float | None
    table: list[list[int]]
    # Unknown in a report that an earlier release kept.
    n_voices: int | None = None

    @property
    def has_few_voices(self) -> bool:
        """Too few speakers to generalise to others."""
        return self.n_voices is not None and self.n_voices < coefficients.ENOUGH_SPEAKERS


@dataclass(frozen=True)
class Report:
    """``confusion``: float[labels][labels], shares of each row; labels are in the task's order.

    ``pairs`` are the first of ``n_pairs``.
    """

    labels: list[str]
    overall: Agreement
    intervals: dict[str, Interval | None]
    per_label: list[LabelRow]
    confusion: list[list[float]]
    pairs: list[PairRow]
    n_pairs: int
    weeks: list[WeekRow]
    versions: list[VersionAgreement]

    def as_dict(self) -> dict[str, Any]:
        """For JSON. Every interval is over clips: how other clips of the same people would fare."""
        return asdict(self) | {
            "interval_by": "clips",
            "weeks": [
                {"monday": week.monday.isoformat(), "figures": asdict(week.figures)} for week in self.weeks
            ],
        }

    @classmethod
    def from_dict(cls, body: dict[str, Any]) -> "Report":
        return cls(
            **{name: body[name] for name in ("labels", "confusion", "n_pairs")},
            overall=Agreement(**body["overall"]),
            intervals={name: _interval(value) for name, value in body["intervals"].items()},
            per_label=[LabelRow(row["key"], LabelAgreement(**row["figures"])) for row in body["per_label"]],
            pairs=[PairRow(**row) for row in body["pairs"]],
            weeks=[_week(row) for row in body["weeks"]],
            versions=[_version(row) for row in body["versions"]],
        )


def _week(row: dict[str, Any]) -> WeekRow:
    return WeekRow(date.fromisoformat(row["monday"]), Agreement(**row["figures"]))


def _version(row: dict[str, Any]) -> VersionAgreement:
    return VersionAgreement(**row | {"interval": _interval(row["interval"])})


def _interval(value: dict[str, float] | None) -> Interval | None:
    return Interval(**value) if value else None


def agreement_of(task: Task) -> Agreement:
    """The figures of ``manage.py agreement``."""
    counts = clip_counts(task)
    return coefficients.agreement(counts.table, counts.clips)


def make_report(task: Task) -> Report:
    counts = clip_counts(task)
    labels = [label.key for label in counts.labels]
    table, clips = counts.merged()
    per_label = coefficients.per_label(table, clips)
    pairs = pair_counts(task)
    return Report(
        labels=labels,
        overall=coefficients.agreement(table, clips),
        intervals=coefficients.intervals(table, clips),
        per_label=[LabelRow(key, row) for key, row in zip(labels, per_label, strict=True)],
        confusion=coefficients.rater_confusion(table, clips).tolist(),
        pairs=_pair_rows(pairs, most=MAX_PAIRS),
        n_pairs=len(pairs),
        weeks=_weeks(counts),
        versions=_version_rows(task),
    )


def with_all_pairs(report: Report, task: Task) -> Report:
    """For a table, which may be as long as it is."""
    return replace(report, pairs=_pair_rows(pair_counts(task)))


def _pair_rows(pairs: dict[tuple[str, str], Table], most: int | None = None) -> list[PairRow]:
    """Those who share the most clips first."""
    common = sorted(pairs.items(), key=lambda item: (-int(item[1].sum()), item[0]))[:most]
    return [
        PairRow(
            first,
            second,
            int(table.sum()),
            float(np.trace(table) / table.sum()),
            coefficients.cohen_kappa(table),
            table.tolist(),
        )
        for (first, second), table in common
    ]


def _weeks(counts: ClipCounts) -> list[WeekRow]:
    rows: dict[date, list[int]] = defaultdict(list)
    for number, day in enumerate(counts.days):
        rows[day - timedelta(days=day.weekday())].append(number)
    return [
        WeekRow(monday, coefficients.agreement(counts.table[chosen], counts.clips[chosen]))
        for monday, chosen in sorted(rows.items())
    ]


def _version_rows(task: Task) -> list[VersionAgreement]:
    found = []
    for version in version_counts(task):
        total = int(version.pairs.sum())
        accuracy = float(np.trace(version.pairs) / total)
        found.append(
            VersionAgreement(
                version.number,
                version.n_clips,
                total,
                accuracy,
                # Several reviews of one clip are not several clips.
                coefficients.wilson(accuracy * version.n_clips, version.n_clips),
                coefficients.cohen_kappa(version.pairs),
                version.pairs.tolist(),
                version.n_voices,
            )
        )
    return found
