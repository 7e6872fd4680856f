"""The figures as tables, for CSV. The columns are the same in every language."""

from collections.abc import Callable, Iterator

from annotations.agreement.coefficients import Interval
from annotations.agreement.report import Report

Row = list[object]


def _bounds(interval: Interval | None) -> Row:
    return [interval.low, interval.high] if interval else ["", ""]


def overall(report: Report) -> Iterator[Row]:
    yield ["figure", "value", "low", "high"]
    yield ["n_clips", report.overall.n_clips, "", ""]
    yield ["n_reviews", report.overall.n_reviews, "", ""]
    for name, interval in report.intervals.items():
        yield [name, getattr(report.overall, name), *_bounds(interval)]


def labels(report: Report) -> Iterator[Row]:
    yield ["label", "n_reviews", "share", "agreement", "kappa"]
    for row in report.per_label:
        yield [row.key, row.figures.n_reviews, row.figures.share, row.figures.agreement, row.figures.kappa]


def confusion(report: Report) -> Iterator[Row]:
    yield ["one_says", *report.labels]
    for key, shares in zip(report.labels, report.confusion, strict=True):
        # Nobody said it where somebody else answered too.
        yield [key, *(shares if any(shares) else [""] * len(shares))]


def pairs(report: Report) -> Iterator[Row]:
    yield ["first", "second", "n_clips", "raw_agreement", "cohen_kappa"]
    for pair in report.pairs:
        yield [pair.first, pair.second, pair.n_clips, pair.raw_agreement, pair.cohen_kappa]


def weeks(report: Report) -> Iterator[Row]:
    yield ["week", "n_clips", "n_reviews", "raw_agreement", "fleiss_kappa", "krippendorff_alpha"]
    for week in report.weeks:
        found = week.figures
        figures = [found.raw_agreement, found.fleiss_kappa, found.krippendorff_alpha]
        yield [week.monday.isoformat(), found.n_clips, found.n_reviews, *figures]


def versions(report: Report) -> Iterator[Row]:
    yield ["model_version", "n_clips", "n_reviews", "accuracy", "low", "high", "cohen_kappa", "n_voices"]
    for version in report.versions:
        counts = [version.number, version.n_clips, version.n_reviews]
        yield [*counts, version.accuracy, *_bounds(version.interval), version.cohen_kappa, version.n_voices]


def version_confusion(report: Report) -> Iterator[Row]:
    yield ["model_version", "reviewer_says", *report.labels]
    for version in report.versions:
        for key, counts in zip(report.labels, version.table, strict=True):
            yield [version.number, key, *counts]


PARTS: dict[str, Callable[[Report], Iterator[Row]]] = {
    "overall": overall,
    "labels": labels,
    "confusion": confusion,
    "pairs": pairs,
    "weeks": weeks,
    "versions": versions,
    "version-confusion": version_confusion,
}
