"""Turns a torch model into the ONNX file that serves."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.audio.waveform import SAMPLE_RATE
from classifier.inference.onnx_runtime import onnxruntime, quantization
from classifier.inference.session import known_waveform
from training.versions.flat_convolutions import flatten_convolutions

if TYPE_CHECKING:
    from transformers import Wav2Vec2ForSequenceClassification

OPSET = 17


def export_onnx(model: "Wav2Vec2ForSequenceClassification", path: Path) -> None:
    """Write the model as float32 ONNX: float32[batch, samples] in, float32[batch, labels] out."""
    import torch

    class Logits(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, waveform: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.model(waveform).logits
            return logits

    example = torch.from_numpy(known_waveform(2 * SAMPLE_RATE, SAMPLE_RATE))[None]
    with warnings.catch_warnings():
        # The TorchScript exporter announces its retirement and every constant it folds.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Logits().eval(),
            (example,),
            path,
            dynamo=False,
            opset_version=OPSET,
            input_names=["waveform"],
            output_names=["logits"],
            dynamic_axes={"waveform": {0: "batch", 1: "samples"}, "logits": {0: "batch"}},
        )
    flatten_convolutions(path)


def open_onnx(path: Path) -> onnxruntime.InferenceSession:
    """A session to compare outputs with, on as many threads as torch has, which sleep between two runs."""
    import torch

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def quantise(source: Path, target: Path) -> None:
    """Write the model with its matrix products in int8; everything else stays float32."""
    import onnx

    tools = quantization()
    graph = onnx.load(source, load_external_data=False).graph
    # One scale per output channel costs no time and halves how often the best label changes. What the
    # convolutions give spans too much for 8 bits, and its projection is a small part of the work.
    with _quiet():
        tools.quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["MatMul"],
            weight_type=tools.QuantType.QInt8,
            per_channel=True,
            nodes_to_exclude=[node.name for node in graph.node if "feature_projection" in node.name],
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """ONNX Runtime logs every tensor that it leaves as it is, to the root logger."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)
