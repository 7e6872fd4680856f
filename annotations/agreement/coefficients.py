"""Coefficients of agreement, from the number of times each clip was given each label.

``table`` is int[kinds, labels]: clips that were answered alike are one row, and ``clips`` is int[kinds], how
many there are of each. Clips with fewer than two answers say nothing about agreement and are left out.
Figures are None where they are not defined, such as when everybody always says the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.int64]
Floats = NDArray[np.float64]

REPLICATES = 500
# Fewer people drawn with replacement are so often the same ones that an interval over them is far too narrow.
ENOUGH_SPEAKERS = 5


@dataclass(frozen=True)
class Interval:
    """Of 95 %."""

    low: float
    high: float


@dataclass(frozen=True)
class LabelAgreement:
    """``agreement``: the share of other reviews that give this label too, where one review gives it."""

    n_reviews: int
    share: float
    agreement: float | None
    kappa: float | None


@dataclass(frozen=True)
class Agreement:
    n_clips: int
    n_reviews: int
    raw_agreement: float | None
    fleiss_kappa: float | None
    krippendorff_alpha: float | None


def comparable(table: Table, clips: Table) -> tuple[Table, Table]:
    """Without the clips that fewer than two people answered."""
    kept = table.sum(axis=1) >= 2
    return table[kept], clips[kept]


def agreement(table: Table, clips: Table) -> Agreement:
    table, clips = comparable(table, clips)
    n_clips = int(clips.sum())
    if n_clips == 0:
        return Agreement(0, 0, None, None, None)
    sums = _sums(table)
    raw, kappa, alpha = (_number(figure[0]) for figure in _figures(clips[None, :] @ sums))
    n_reviews = int((table.sum(axis=1) * clips).sum())
    return Agreement(n_clips, n_reviews, raw, kappa, alpha)


def intervals(table: Table, clips: Table, *, seed: int = 0) -> dict[str, Interval | None]:
    """Percentiles over clips drawn anew with replacement: ``raw_agreement``, ``fleiss_kappa`` and
    ``krippendorff_alpha``.

    Where every draw gives the same, as when all agree, drawing cannot tell how sure that is: raw agreement
    then has Wilson's interval for as many clips, and the others have none.
    """
    names = ("raw_agreement", "fleiss_kappa", "krippendorff_alpha")
    table, clips = comparable(table, clips)
    n_clips = int(clips.sum())
    if n_clips < 2:
        return dict.fromkeys(names)
    draws = np.random.default_rng(seed).multinomial(n_clips, clips / n_clips, size=REPLICATES)
    spreads = _figures(draws @ _sums(table))
    found = {name: _interval(values) for name, values in zip(names, spreads, strict=True)}
    if found["raw_agreement"] is None:
        found["raw_agreement"] = wilson(float(spreads[0].mean()) * n_clips, n_clips)
    return found


def per_label(table: Table, clips: Table) -> list[LabelAgreement]:
    """For each label, in the order of the columns (Fleiss 1971, formulas 10 to 13)."""
    table, clips = comparable(table, clips)
    counts = (table * clips[:, None]).sum(axis=0)
    together = _together(table, clips)
    found = []
    for column, count in enumerate(counts):
        share = count / max(counts.sum(), 1)
        alike = together[column, column] / count if count else None
        kappa = (alike - share) / (1 - share) if alike is not None and share < 1 else None
        found.append(LabelAgreement(int(count), float(share), _number(alike), _number(kappa)))
    return found


def rater_confusion(table: Table, clips: Table) -> Floats:
    """float[labels, labels]: the share of reviews with the column's label where another has the row's."""
    together = _together(*comparable(table, clips))
    shares: Floats = together / np.maximum(together.sum(axis=1, keepdims=True), 1e-12)
    return shares


def cohen_kappa(pairs: Table) -> float | None:
    """Of int[labels, labels]: how often the first rater gave the row's label and the second the column's."""
    total = pairs.sum()
    if total == 0:
        return None
    observed = np.trace(pairs) / total
    expected = float(pairs.sum(axis=1) @ pairs.sum(axis=0)) / total**2
    return _number((observed - expected) / (1 - expected)) if expected < 1 else None


def wilson(hits: float, total: float) -> Interval | None:
    """Interval of a share (Wilson 1927), sound for small numbers and near 0 and 1."""
    if total <= 0:
        return None
    z, share = 1.959964, hits / total
    centre = share + z**2 / (2 * total)
    spread = z * np.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    scale = 1 + z**2 / total
    return Interval(max(0.0, float((centre - spread) / scale)), min(1.0, float((centre + spread) / scale)))


def _together(table: Table, clips: Table) -> Floats:
    """Coincidences (Krippendorff 2011): pairs of answers to the same clip, each answer counting once."""
    weights = clips / np.maximum(table.sum(axis=1) - 1, 1)
    pairs: Floats = table.T @ (table * weights[:, None])
    return pairs - np.diag((table * weights[:, None]).sum(axis=0))


def _sums(table: Table) -> Floats:
    """What a clip of each kind adds to: clips, agreement within them, answers that agree, each label."""
    raters = table.sum(axis=1)
    alike = (table * (table - 1)).sum(axis=1)
    within = alike / (raters * (raters - 1))
    return np.column_stack([np.ones(len(table)), within, alike / (raters - 1), table])


def _figures(sums: Floats) -> tuple[Floats, Floats, Floats]:
    """Raw agreement, Fleiss' kappa and Krippendorff's alpha for each row of summed ``_sums``."""
    n_clips, within, alike, counts = sums[:, 0], sums[:, 1], sums[:, 2], sums[:, 3:]
    n_reviews = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = within / n_clips
        expected = np.square(counts / n_reviews[:, None]).sum(axis=1)
        kappa = (raw - expected) / (1 - expected)
        by_chance = (counts * (counts - 1)).sum(axis=1)
        alpha = ((n_reviews - 1) * alike - by_chance) / (n_reviews * (n_reviews - 1) - by_chance)
    return raw, kappa, alpha


def _interval(values: Floats) -> Interval | None:
    defined = values[np.isfinite(values)]
    if not defined.size or np.ptp(defined) < 1e-9:
        return None
    low, high = np.percentile(defined, [2.5, 97.5])
    return Interval(float(low), float(high))


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None
