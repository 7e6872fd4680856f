import pytest

from classifier.inference.onnx_runtime import onnxruntime
from tests.training.tiny_model import LABELS
from training.versions.checkpoint import check_checkpoint, load_model
from training.versions.half_weights import halve_weights
from training.versions.onnx_export import export_onnx, quantise
from training.versions.parity import comparison_waveforms, largest_difference
from training.versions.quantising import Int8Comparison, compare_int8

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("verdict", "may_serve"),
    [
        (Int8Comparison(agreement=0.992, accuracy=0.700, accuracy_float32=0.703), True),
        (Int8Comparison(agreement=0.992, accuracy=0.690, accuracy_float32=0.700), False),
        (Int8Comparison(agreement=0.985, accuracy=0.703, accuracy_float32=0.700), False),
    ],
)
def test_int8_serves_only_where_it_changes_next_to_nothing(verdict, may_serve):
    assert verdict.may_serve == may_serve
    assert verdict.as_dict()["serves"] == may_serve


def test_int8_is_compared_clip_by_clip(written_checkpoint, tmp_path):
    checkpoint = check_checkpoint(written_checkpoint, LABELS)
    export_onnx(load_model(checkpoint), tmp_path / "float32.onnx")
    quantise(tmp_path / "float32.onnx", tmp_path / "int8.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "int8.onnx")
    waveforms = comparison_waveforms(checkpoint)[:4]
    logits = [session.run(None, {"waveform": each[None]})[0] for each in waveforms]
    truth = [int(each.argmax()) for each in logits]
    # The float32 model is taken to disagree on the last clip, and to be wrong there.
    logits[-1] = -logits[-1]
    verdict = compare_int8(tmp_path / "int8.onnx", logits, [[each] for each in waveforms], truth)
    assert verdict == Int8Comparison(agreement=0.75, accuracy=1.0, accuracy_float32=0.75)


def test_halved_file_is_half_as_large_and_answers_alike(written_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr("training.versions.half_weights.SMALLEST", 16)
    checkpoint = check_checkpoint(written_checkpoint, LABELS)
    model = load_model(checkpoint).half().float()
    export_onnx(model, tmp_path / "model.onnx")
    before = (tmp_path / "model.onnx").read_bytes()
    halve_weights(tmp_path / "model.onnx")
    saved = len(before) - (tmp_path / "model.onnx").stat().st_size
    n_weights = sum(weight.numel() for weight in model.parameters())
    assert saved > n_weights
    assert largest_difference(model, tmp_path / "model.onnx", comparison_waveforms(checkpoint)) < 1e-4
