"""Fits the temperature that makes a confidence mean what it says."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

COLDEST, HOTTEST = 0.2, 5.0
GOLDEN = (math.sqrt(5) - 1) / 2


def scores_of(windows: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """A clip's score per label, as the engine gives it: the mean over the softmax of its windows' logits."""
    scaled = windows.astype(np.float64) / temperature
    shares = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    mean: NDArray[np.float64] = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return mean


def fit_temperature(clips: Sequence[NDArray[np.floating]], truth: Sequence[int]) -> float:
    """The temperature of least surprise at ``truth`` for clips of float[windows, labels] logits."""

    def surprise(log_temperature: float) -> float:
        temperature = math.exp(log_temperature)
        given = [scores_of(windows, temperature)[label] for windows, label in zip(clips, truth, strict=True)]
        return -float(np.log(np.maximum(given, 1e-12)).mean())

    low, high = math.log(COLDEST), math.log(HOTTEST)
    # A golden section: each round keeps the part that holds the minimum.
    while high - low > 1e-3:
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if surprise(left) < surprise(right):
            high = right
        else:
            low = left
    return round(math.exp((low + high) / 2), 3)
