"""Temperature scaling: fits the temperature that calibrates confidences."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]  # it brings none

from classifier.inference.scores import softmax

COLDEST, HOTTEST = 0.2, 5.0
# Of the temperature's logarithm. The search is deterministic: equal logits give equal temperatures.
TOLERANCE = 1e-4


def clip_scores(windows: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """A clip's score per label, as the engine gives it: the mean over the softmax of its windows' logits."""
    mean: NDArray[np.float64] = softmax(windows, temperature).mean(axis=0)
    return mean


def fit_temperature(clips: Sequence[NDArray[np.floating]], truth: Sequence[int]) -> float:
    """The temperature of the least negative log-likelihood of ``truth``, between 0.2 and 5.

    ``clips`` are float[windows, labels] logits each, ``truth`` their labels by number. Temperature scaling:
    Guo et al. 2017, https://arxiv.org/abs/1706.04599.
    """

    def loss(log_temperature: float) -> float:
        temperature = math.exp(log_temperature)
        given = [
            clip_scores(windows, temperature)[label] for windows, label in zip(clips, truth, strict=True)
        ]
        return -float(np.log(np.maximum(given, 1e-12)).mean())

    found = minimize_scalar(
        loss, bounds=(math.log(COLDEST), math.log(HOTTEST)), method="bounded", options={"xatol": TOLERANCE}
    )
    return round(math.exp(found.x), 3)
