"""From a checkpoint and a corpus's validation clips to a calibrated version that serves int8 or float32."""

import logging
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from classifier.audio.waveform import SAMPLE_RATE, Waveform
from classifier.inference.manifest import Manifest
from classifier.inference.session import normalised
from classifier.inference.windows import HOP_S, WINDOW_S, cut_windows
from training.datasets.corpus import CorpusFolder
from training.datasets.decoded import decode_clips
from training.evaluation.calibration import fit_temperature
from training.versions.checkpoint import Checkpoint, load_model
from training.versions.onnx_export import export_onnx, quantise
from training.versions.quantising import compare_int8
from training.versions.writer import Description, write_version

logger = logging.getLogger(__name__)


def make_version(
    corpus: CorpusFolder, cache: Path, checkpoint: Checkpoint, target: Path, description: Description
) -> Manifest:
    """Write the version folder ``target``, its temperature fitted on validation.

    It serves int8 if that changes next to nothing on validation, else float32.
    """
    # What is measured is what is kept: weights in half precision.
    model = load_model(checkpoint).half().float()
    clips = corpus.split("validation")
    audio = decode_clips([clip.path for clip in clips], cache)
    prepare = normalised if checkpoint.preprocessor.get("do_normalize", True) else np.ascontiguousarray
    waveforms = [
        [prepare(window) for window in _windows(audio.waveform(number))] for number in range(len(audio))
    ]
    truth = [corpus.labels.index(clip.label) for clip in clips if clip.label is not None]
    with torch.inference_mode():
        logits = [
            np.concatenate([model(torch.from_numpy(each)[None]).logits.numpy() for each in windows])
            for windows in waveforms
        ]
    with tempfile.TemporaryDirectory(dir=target.parent) as workplace:
        exported, quantised = Path(workplace) / "float32.onnx", Path(workplace) / "int8.onnx"
        export_onnx(model, exported)
        quantise(exported, quantised)
        int8 = compare_int8(quantised, logits, waveforms, truth)
    calibrated = replace(
        description,
        temperature=fit_temperature(logits, truth),
        metrics={**description.metrics, "int8": int8.as_dict()},
    )
    logger.info("Corrected the confidence by a temperature of %s", calibrated.temperature)
    which = "the smaller one (int8)" if int8.may_serve else "the full one, for the smaller (int8) differs"
    logger.info("Exported the model; %s serves", which)
    return write_version(target, checkpoint, model, calibrated, compact=True, int8=int8.may_serve)


def _windows(waveform: Waveform) -> list[Waveform]:
    """As when serving."""
    return cut_windows(waveform, round(WINDOW_S * SAMPLE_RATE), round(HOP_S * SAMPLE_RATE))
