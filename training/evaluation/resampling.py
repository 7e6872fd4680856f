"""Intervals from drawing anew: speakers where there are enough of them, else clips within each speaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from annotations.agreement.figures import ENOUGH_VOICES, wilson

Floats = NDArray[np.float64]
RESAMPLES = 1000
ENOUGH_SPEAKERS = ENOUGH_VOICES
INTERVAL = (2.5, 97.5)
SPEAKERS, CLIPS = "speakers", "clips"


@dataclass(frozen=True)
class Resampling:
    """``by`` is what is drawn: ``speakers`` or ``clips``. ``unit`` int[clips] is what each clip belongs to.

    ``drawn`` float[resamples, units] says how often each unit is in each resample.
    """

    by: str
    unit: NDArray[np.int64]
    drawn: Floats


def resample(speakers: Sequence[str], seed: int = 0) -> Resampling:
    """The draws for clips of these speakers, one name per clip."""
    names, of_clip = np.unique(np.asarray(speakers), return_inverse=True)
    chance = np.random.default_rng(seed)
    if len(names) >= ENOUGH_SPEAKERS:
        return Resampling(SPEAKERS, of_clip, _multinomial(chance, len(names)))
    drawn = np.empty((RESAMPLES, len(of_clip)))
    for number in range(len(names)):
        clips = np.flatnonzero(of_clip == number)
        drawn[:, clips] = _multinomial(chance, len(clips))
    return Resampling(CLIPS, np.arange(len(of_clip)), drawn)


def interval_95(value: float, spread: Floats, clips: float, *, signed: bool = False) -> list[float]:
    """Percentiles of what the draws gave for a figure that ``clips`` clips decide.

    Where every draw gives the same, as when all are right, drawing cannot tell how sure that is: then it is
    Wilson's interval for as many clips. ``signed`` figures lie between -1 and 1, others between 0 and 1.
    """
    low, high = np.percentile(spread, INTERVAL)
    if np.ptp(spread) < 1e-9:
        low, high = _of_so_many(value, clips, signed=signed)
    return [round(float(low), 4), round(float(high), 4)]


def _of_so_many(value: float, clips: float, *, signed: bool) -> tuple[float, float]:
    lowest = -1.0 if signed else 0.0
    edges = wilson(min(abs(value), 1.0) * clips, clips)
    if edges is None:
        return lowest, 1.0
    if not signed:
        return edges.low, edges.high
    reach = max(edges.high - abs(value), abs(value) - edges.low)
    return max(lowest, value - reach), min(1.0, value + reach)


def _multinomial(chance: np.random.Generator, n: int) -> NDArray[Any]:
    return chance.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float)
