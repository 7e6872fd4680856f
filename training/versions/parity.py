"""Checks that an exported model gives the logits of the torch model."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from classifier.audio.flac import decode_flac
from classifier.audio.waveform import SAMPLE_RATE, Waveform
from classifier.inference.session import normalised
from training.exceptions import CheckpointRefused
from training.versions.checkpoint import Checkpoint
from training.versions.onnx_export import open_onnx

if TYPE_CHECKING:
    from transformers import Wav2Vec2ForSequenceClassification

LARGEST_DIFFERENCE = 1e-3
# Speech of two actors from EmoDB, published as CC0 1.0.
SPEECH = Path(__file__).parents[1] / "speech"
# Every length takes another way through the convolutions' rounding.
COMPARED_SECONDS = (0.3, 0.777, 1.5, 2.3)


def comparison_waveforms(checkpoint: Checkpoint) -> list[Waveform]:
    """Real speech of several lengths as the checkpoint expects it: float32[samples], mono, 16 kHz."""
    speech = [decode_flac(path.read_bytes()) for path in sorted(SPEECH.glob("*.flac"))]
    cut = [clip[: round(seconds * SAMPLE_RATE)] for clip in speech for seconds in COMPARED_SECONDS]
    waveforms = [*speech, *cut]
    if checkpoint.preprocessor.get("do_normalize", True):
        return [normalised(waveform) for waveform in waveforms]
    return waveforms


def largest_difference(
    model: "Wav2Vec2ForSequenceClassification", onnx_file: Path, waveforms: list[Waveform]
) -> float:
    """The largest difference of any logit between torch and ONNX Runtime; infinite if one is not a number."""
    import torch

    session = open_onnx(onnx_file)
    differences = []
    for waveform in waveforms:
        with torch.inference_mode():
            expected = model(torch.from_numpy(waveform)[None]).logits.numpy()
        (exported,) = session.run(None, {"waveform": waveform[None]})
        differences.append(np.abs(expected - exported).max())
    return float(np.nan_to_num(np.max(differences), nan=np.inf))


def require_agreement(difference: float) -> None:
    """Raises CheckpointRefused when a logit differs by 1e-3 or more."""
    if difference >= LARGEST_DIFFERENCE:
        raise CheckpointRefused(
            "export_differs", f"The exported model differs from the checkpoint by {difference:.2g}."
        )
