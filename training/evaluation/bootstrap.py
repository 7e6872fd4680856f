"""Bootstrap intervals over speakers where there are enough of them, else over each speaker's clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.agreement.coefficients import ENOUGH_SPEAKERS, wilson

Floats = NDArray[np.float64]
RESAMPLES = 1000
INTERVAL = (2.5, 97.5)
SPEAKERS, CLIPS = "speakers", "clips"


@dataclass(frozen=True)
class BootstrapSamples:
    """``by`` is the resampled unit, ``speakers`` or ``clips``; ``unit`` int[clips] the unit of each clip.

    ``weights`` float[resamples, units] says how often each unit is in each resample.
    """

    by: str
    unit: NDArray[np.int64]
    weights: Floats


def resample(speakers: Sequence[str], seed: int = 0) -> BootstrapSamples:
    """The resamples for clips of these speakers, one name per clip."""
    names, of_clip = np.unique(np.asarray(speakers), return_inverse=True)
    rng = np.random.default_rng(seed)
    if len(names) >= ENOUGH_SPEAKERS:
        return BootstrapSamples(SPEAKERS, of_clip, _multinomial(rng, len(names)))
    weights = np.empty((RESAMPLES, len(of_clip)))
    for number in range(len(names)):
        clips = np.flatnonzero(of_clip == number)
        weights[:, clips] = _multinomial(rng, len(clips))
    return BootstrapSamples(CLIPS, np.arange(len(of_clip)), weights)


def interval_95(value: float, spread: Floats, clips: float, *, signed: bool = False) -> list[float]:
    """Percentiles of the resampled values of a metric that rests on ``clips`` clips.

    Where every resample gives the same, as when all are right, the bootstrap has no width: then it is
    Wilson's interval for as many clips. ``signed`` metrics lie between -1 and 1, others between 0 and 1.
    """
    low, high = np.percentile(spread, INTERVAL)
    if np.ptp(spread) < 1e-9:
        low, high = _wilson_interval(value, clips, signed=signed)
    return [round(float(low), 4), round(float(high), 4)]


def _wilson_interval(value: float, clips: float, *, signed: bool) -> tuple[float, float]:
    lowest = -1.0 if signed else 0.0
    edges = wilson(min(abs(value), 1.0) * clips, clips)
    if edges is None:
        return lowest, 1.0
    if not signed:
        return edges.low, edges.high
    reach = max(edges.high - abs(value), abs(value) - edges.low)
    return max(lowest, value - reach), min(1.0, value + reach)


def _multinomial(rng: np.random.Generator, n: int) -> NDArray[Any]:
    return rng.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float)
