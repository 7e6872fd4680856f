"""Decides whether the int8 model may serve in place of the float32 one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.audio.waveform import Waveform
from training.evaluation.calibration import clip_scores
from training.versions.onnx_export import open_onnx

LEAST_AGREEMENT = 0.99
LARGEST_LOSS = 0.005


@dataclass(frozen=True)
class Int8Comparison:
    """How int8 compares with float32 on the validation clips."""

    agreement: float
    accuracy: float
    accuracy_float32: float

    @property
    def may_serve(self) -> bool:
        """Whether nearly every label stays, and hardly any right one is lost."""
        return self.agreement >= LEAST_AGREEMENT and self.accuracy_float32 - self.accuracy <= LARGEST_LOSS

    def as_dict(self) -> dict[str, Any]:
        """For the manifest."""
        return {**{name: round(value, 4) for name, value in asdict(self).items()}, "serves": self.may_serve}


def compare_int8(
    quantised: Path,
    logits: Sequence[NDArray[np.floating]],
    waveforms: Sequence[Sequence[Waveform]],
    truth: Sequence[int],
) -> Int8Comparison:
    """``logits`` are the float32 model's, float32[windows, labels] each, for the windows of each clip."""
    session = open_onnx(quantised)

    def int8_logits(windows: Sequence[Waveform]) -> NDArray[np.floating]:
        return np.concatenate([session.run(None, {"waveform": each[None]})[0] for each in windows])

    float32_labels = np.array([clip_scores(each, 1.0).argmax() for each in logits])
    int8_labels = np.array([clip_scores(int8_logits(windows), 1.0).argmax() for windows in waveforms])
    right = np.asarray(truth)
    return Int8Comparison(
        float((int8_labels == float32_labels).mean()),
        float((int8_labels == right).mean()),
        float((float32_labels == right).mean()),
    )
