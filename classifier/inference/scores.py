"""The scores of one clip."""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

Scores = dict[str, float]


class Segment(TypedDict):
    """One window of a clip, in seconds from its start, and its probability per label."""

    start_s: float
    end_s: float
    scores: Scores


@dataclass(frozen=True)
class ClipScores:
    """Probability per label for a whole clip, and how clear-cut it is.

    ``confidence`` is the best score, ``margin`` its lead over the second, ``entropy`` is in nats,
    ``milliseconds`` is the time the model took.
    """

    scores: Scores
    segments: list[Segment]
    milliseconds: float

    @property
    def label(self) -> str:
        return max(self.scores, key=self.scores.__getitem__)

    @property
    def confidence(self) -> float:
        return max(self.scores.values())

    @property
    def margin(self) -> float:
        best, second = sorted(self.scores.values(), reverse=True)[:2]
        return best - second

    @property
    def entropy(self) -> float:
        scores = np.array(list(self.scores.values()))
        return float(-np.sum(scores * np.log(np.maximum(scores, np.finfo(float).tiny))))


def softmax(logits: NDArray[np.floating], temperature: float) -> NDArray[np.float64]:
    """Probabilities along the last axis, in double precision so that they add up to one."""
    scaled = logits.astype(np.float64) / temperature
    exponents = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    return np.asarray(exponents / exponents.sum(axis=-1, keepdims=True))
