import numpy as np
import pytest

from classifier.inference.session import Engine, known_waveform
from classifier.inference.version_folder import verify
from tests.training.tiny_model import LABELS, write_checkpoint
from training.exceptions import CheckpointRefused
from training.versions import parity, writer
from training.versions.checkpoint import check_checkpoint, load_model
from training.versions.onnx_export import export_onnx
from training.versions.parity import comparison_waveforms
from training.versions.writer import Description, write_version

pytestmark = pytest.mark.slow

DESCRIPTION = Description(
    task="emotion", origin={"kind": "test"}, model_card="# Tiny\n", metrics={"accuracy": 0.5}
)


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_engine_says_what_transformers_says(tmp_path, norm):
    import torch
    from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    folder = write_checkpoint(tmp_path / "checkpoint", norm=norm)
    checkpoint = check_checkpoint(folder, LABELS)
    write_version(tmp_path / "version", checkpoint, load_model(checkpoint), DESCRIPTION)
    engine = Engine.load(tmp_path / "version", threads=1)
    model = Wav2Vec2ForSequenceClassification.from_pretrained(folder).eval()
    extract = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    for samples in (4800, 16_001, 79_999):
        waveform = known_waveform(samples, 16_000)
        with torch.inference_mode():
            inputs = extract(waveform, sampling_rate=16_000, return_tensors="pt")
            expected = torch.softmax(model(**inputs).logits[0], dim=0).tolist()
        assert list(engine.predict(waveform).scores.values()) == pytest.approx(expected, abs=1e-4)


def test_version_can_be_verified_and_fine_tuned_further(tmp_path, checkpoint_folder):
    checkpoint = check_checkpoint(checkpoint_folder, LABELS)
    model = load_model(checkpoint)
    written = write_version(tmp_path / "version", checkpoint, model, DESCRIPTION)
    manifest = verify(tmp_path / "version")
    assert manifest == written
    assert manifest.metrics["accuracy"] == 0.5
    assert manifest.metrics["onnx_largest_logit_difference"] < 1e-3
    assert manifest.parameters == sum(weight.numel() for weight in model.parameters())
    again = load_model(check_checkpoint(tmp_path / "version", LABELS))
    for name, weight in model.state_dict().items():
        assert (again.state_dict()[name] == weight).all(), name


def test_every_file_can_be_read_by_another_user(tmp_path, checkpoint_folder):
    checkpoint = check_checkpoint(checkpoint_folder, LABELS)
    write_version(tmp_path / "version", checkpoint, load_model(checkpoint), DESCRIPTION)
    assert (tmp_path / "version").stat().st_mode & 0o777 == 0o755
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "version").iterdir()} == {0o644}


def test_compact_version_is_smaller_and_answers_nearly_the_same(tmp_path, checkpoint_folder):
    checkpoint = check_checkpoint(checkpoint_folder, LABELS)
    for name, compact in (("plain", False), ("compact", True)):
        write_version(tmp_path / name, checkpoint, load_model(checkpoint), DESCRIPTION, compact=compact)
    assert verify(tmp_path / "compact").serving_file == "model.int8.onnx"
    assert not (tmp_path / "compact" / "model.onnx").exists()
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("plain", "compact")]
    assert sizes[1] < 0.7 * sizes[0]
    plain, compact = (Engine.load(tmp_path / name, threads=1) for name in ("plain", "compact"))
    waveform = known_waveform(32_000, 16_000)
    exact, rounded = plain.logits(waveform), compact.logits(waveform)
    assert 0 < np.abs(exact - rounded).max() < 0.2 * np.ptp(exact)


def test_export_that_differs_is_refused_and_leaves_nothing(tmp_path, checkpoint_folder, monkeypatch):
    checkpoint = check_checkpoint(checkpoint_folder, LABELS)

    def export_another_model(model, path):
        with_other_weights = write_checkpoint(tmp_path / "other", seed=5)
        export_onnx(load_model(check_checkpoint(with_other_weights, LABELS)), path)

    monkeypatch.setattr(writer, "export_onnx", export_another_model)
    (tmp_path / "home").mkdir()
    with pytest.raises(CheckpointRefused, match="export_differs"):
        write_version(tmp_path / "home" / "version", checkpoint, load_model(checkpoint), DESCRIPTION)
    assert list((tmp_path / "home").iterdir()) == []


def test_model_that_gives_no_numbers_is_refused(tmp_path, checkpoint_folder):
    import torch

    checkpoint = check_checkpoint(checkpoint_folder, LABELS)
    model = load_model(checkpoint)
    with torch.no_grad():
        model.classifier.bias[0] = float("nan")
    with pytest.raises(CheckpointRefused, match="export_differs"):
        write_version(tmp_path / "version", checkpoint, model, DESCRIPTION)


def test_comparison_uses_real_speech_of_several_lengths(checkpoint_folder):
    waveforms = comparison_waveforms(check_checkpoint(checkpoint_folder, LABELS))
    assert len(list(parity.SPEECH.glob("*.flac"))) == 2
    assert len({len(waveform) for waveform in waveforms}) >= 5
    assert min(len(waveform) for waveform in waveforms) == 4800
    for waveform in waveforms:
        assert waveform.dtype == np.float32
        assert waveform.std() == pytest.approx(1, abs=1e-3)
