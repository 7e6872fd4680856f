import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from classifier.inference.exceptions import VersionRefused
from classifier.inference.session import Engine, known_waveform
from classifier.inference.version_folder import hash_files
from tests.training.tiny_model import LABELS, edit_json

RATE = 16_000


def test_scores_are_probabilities_of_every_label(engine, voice):
    result = engine.predict(voice)
    assert tuple(result.scores) == LABELS
    assert sum(result.scores.values()) == pytest.approx(1)
    ranked = sorted(result.scores.values(), reverse=True)
    assert result.confidence == ranked[0] == result.scores[result.label]
    assert result.margin == pytest.approx(ranked[0] - ranked[1])
    assert 0 < result.entropy < np.log(len(LABELS))
    assert result.milliseconds > 0


def test_short_clip_is_one_segment_of_its_own_length(engine, voice):
    (segment,) = engine.predict(voice).segments
    assert (segment["start_s"], segment["end_s"]) == (0, 2.0)


def test_long_clip_is_the_mean_of_its_windows(engine):
    waveform = known_waveform(12 * RATE, RATE) * np.linspace(0.1, 1, 12 * RATE, dtype=np.float32)
    result = engine.predict(waveform)
    assert [(s["start_s"], s["end_s"]) for s in result.segments] == [(0, 5), (2.5, 7.5), (5, 10), (7, 12)]
    for label in LABELS:
        mean = np.mean([segment["scores"][label] for segment in result.segments])
        assert result.scores[label] == pytest.approx(mean)
    alone = engine.predict(waveform[7 * RATE :])
    assert alone.scores == result.segments[-1]["scores"]


def test_answer_is_the_same_alone_after_others_and_beside_others(engine, voice):
    alone = engine.predict(voice).scores
    others = [known_waveform(samples, RATE) for samples in range(5_000, 80_000, 7_001)]
    for other in others:
        engine.predict(other)
    assert engine.predict(voice).scores == alone
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(engine.predict, [voice, *others] * 4))
    assert [answer.scores for answer in answers[:: len(others) + 1]] == [alone] * 4


def test_input_is_normalised_as_the_preprocessor_says(engine, version_folder, voice):
    assert engine.logits(voice) == pytest.approx(engine.logits(voice * 0.25 + 0.1), abs=1e-3)
    edit_json(version_folder / "preprocessor_config.json", do_normalize=False)
    edit_json(version_folder / "manifest.json", files=hash_files(version_folder))
    plain = Engine.load(version_folder, threads=1)
    assert not np.allclose(plain.logits(voice), plain.logits(voice * 0.25 + 0.1), atol=1e-3)


def test_temperature_softens_the_scores(engine, version_folder, voice):
    edit_json(version_folder / "manifest.json", temperature=3.0)
    softer = Engine.load(version_folder, threads=1).predict(voice)
    assert softer.label == engine.predict(voice).label
    assert softer.confidence < engine.predict(voice).confidence


def test_silence_gives_scores_too(engine):
    result = engine.predict(np.zeros(RATE, dtype=np.float32))
    assert sum(result.scores.values()) == pytest.approx(1)


def test_self_test_measures_the_speed(engine):
    engine.self_test()
    assert 0 < engine.model_seconds_per_second < 1


def test_self_test_refuses_a_model_that_gives_no_numbers(version_folder):
    spoil(version_folder, float("nan"))
    with pytest.raises(VersionRefused, match="self_test"):
        Engine.load(version_folder, threads=1).self_test()


def test_self_test_refuses_another_number_of_labels(version_folder):
    labels = (*LABELS, "bored")
    edit_json(version_folder / "config.json", id2label=dict(enumerate(labels)))
    edit_json(version_folder / "manifest.json", labels=labels, files=hash_files(version_folder))
    with pytest.raises(VersionRefused, match="wrong_labels"):
        Engine.load(version_folder, threads=1).self_test()


def test_file_that_is_no_model_is_refused(version_folder):
    (version_folder / "model.onnx").write_bytes(b"not a model")
    edit_json(version_folder / "manifest.json", files=hash_files(version_folder))
    with pytest.raises(VersionRefused, match="unloadable"):
        Engine.load(version_folder, threads=1)


def test_damaged_folder_is_not_loaded(version_folder):
    (version_folder / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(VersionRefused, match="altered_file"):
        Engine.load(version_folder, threads=1)


def test_engine_needs_no_torch():
    modules = "session, hot_reload, inference_queue, version_folder"
    code = f"import sys; from classifier.inference import {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def spoil(folder, value: float) -> None:
    """Put ``value`` into the last bias of the served model."""
    import onnx

    model = onnx.load(folder / "model.onnx")
    (bias,) = [weight for weight in model.graph.initializer if weight.name.endswith("classifier.bias")]
    spoilt = onnx.numpy_helper.from_array(np.full(len(LABELS), value, dtype=np.float32), bias.name)
    bias.CopyFrom(spoilt)
    onnx.save(model, folder / "model.onnx")
    edit_json(folder / "manifest.json", files=hash_files(folder))
