import json

import numpy as np
import pytest
import torch
from django.core.management import call_command
from django.core.management.base import CommandError

from classifier.inference.session import Engine
from classifier.models import ModelVersion, Task
from tests.training.corpora import write_corpus, write_metadata
from tests.training.tiny_model import LABELS
from training.datasets.corpus import read_corpus
from training.evaluation.calibration import clip_scores, fit_temperature
from training.evaluation.conditions import band_limited, with_noise, with_upper_band
from training.evaluation.measuring import clips_to_measure, measure, predictions_of, window_logits
from training.evaluation.metrics import Predictions, accuracy, all_metrics
from training.versions.checkpoint import check_checkpoint, load_model
from training.versions.writer import Description, write_version

pytestmark = pytest.mark.slow


def predictions(said, truth, speakers=None, sure=0.8, n_labels=2):
    scores = np.full((len(said), n_labels), (1 - sure) / (n_labels - 1))
    scores[np.arange(len(said)), said] = sure
    return Predictions(scores, np.array(truth), speakers or ["ann"] * len(said))


def sound(seconds=1.0, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal(round(16_000 * seconds))).astype(np.float32)


def power_between(waveform, low, high):
    hertz = np.fft.rfftfreq(len(waveform), 1 / 16_000)
    spectrum = np.abs(np.fft.rfft(waveform)) ** 2
    return spectrum[(hertz >= low) & (hertz < high)].sum()


@pytest.fixture(scope="module")
def version(written_checkpoint, tmp_path_factory):
    checkpoint = check_checkpoint(written_checkpoint, LABELS)
    target = tmp_path_factory.mktemp("versions") / "1"
    description = Description("emotion", {"kind": "trained"}, "# A card\n", temperature=2.0)
    write_version(target, checkpoint, load_model(checkpoint), description)
    return target


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("evaluation") / "voices")


def test_figures_of_a_table_that_was_worked_out_by_hand():
    # Of ten sad clips eight are heard, of thirty others three are taken for sad.
    truth, said = [1] * 10 + [0] * 30, [1] * 8 + [0] * 2 + [1] * 3 + [0] * 27
    figures = all_metrics(predictions(said, truth), ("other", "sad"))
    sad = {name: figure["value"] for name, figure in figures["labels"]["sad"].items()}
    assert sad["precision"] == pytest.approx(8 / 11, abs=1e-4)
    assert sad["recall"] == pytest.approx(0.8)
    assert sad["f1"] == pytest.approx(16 / 21, abs=1e-4)
    assert sad["specificity"] == pytest.approx(0.9)
    assert sad["fall_out"] == pytest.approx(0.1)
    assert sad["mcc"] == pytest.approx((8 * 27 - 3 * 2) / np.sqrt(11 * 10 * 30 * 29), abs=1e-4)
    assert figures["accuracy"]["value"] == pytest.approx(35 / 40)
    assert figures["mean_recall"]["value"] == pytest.approx(0.85)
    assert figures["confusion"] == [[27, 3], [2, 8]]


def test_label_never_given_counts_as_zero():
    figures = all_metrics(predictions([0, 0], [0, 1]), ("other", "sad"))
    assert figures["labels"]["sad"]["precision"]["value"] == 0.0
    assert figures["labels"]["sad"]["mcc"]["value"] == 0.0


def test_calibration_error_is_the_gap_between_sure_and_right():
    said, truth = [0] * 10, [0] * 6 + [1] * 4
    figures = all_metrics(predictions(said, truth, sure=0.9), ("other", "sad"))
    assert figures["calibration_error"]["value"] == pytest.approx(0.3)
    assert figures["reliability"] == [
        {"clips": 10.0, "confidence": pytest.approx(0.9), "accuracy": pytest.approx(0.6)}
    ]


def test_interval_comes_from_speakers_not_clips():
    # Each speaker is all right or all wrong: a hundred clips of ten people say no more than ten.
    truth, said = [0] * 100, [0] * 50 + [1] * 50
    apart = [f"s{number // 10}" for number in range(100)]
    torn = all_metrics(predictions(said, truth, apart), ("other", "sad"))
    assert (torn["interval_by"], torn["accuracy"]) == (
        "speakers",
        {"value": 0.5, "interval_95": [0.2, 0.8]},
    )
    mixed = [f"s{number % 10}" for number in range(100)]
    alike = all_metrics(predictions(said, truth, mixed), ("other", "sad"))
    assert alike["accuracy"] == {"value": 0.5, "interval_95": [0.4038, 0.5962]}


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_temperature_is_found_again(factor):
    chance = np.random.default_rng(0)
    logits = chance.normal(size=(6000, 3)) * 1.5
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = [int(chance.choice(3, p=row)) for row in shares]
    assert fit_temperature([row[None] * factor for row in logits], truth) == pytest.approx(factor, rel=0.08)


def test_score_of_several_windows_is_the_mean_of_theirs():
    assert clip_scores(np.array([[0.0, 0.0], [np.log(3.0), 0.0]]), 1.0) == pytest.approx([0.625, 0.375])


def test_upper_band_is_added_twenty_decibels_below_the_clip():
    clip = band_limited(sound(), 0)
    added = with_upper_band(clip, 7) - clip
    assert 20 * np.log10(np.std(added) / np.std(clip)) == pytest.approx(-20.0, abs=0.05)
    assert power_between(added, 0, 5400) < 1e-3 * power_between(added, 5500, 8001)


def test_band_limit_lies_between_three_and_five_and_a_half_kilohertz():
    heard = [band_limited(sound(), number) for number in range(5)]
    whole = power_between(sound(), 0, 8001)
    assert all(power_between(each, 5500, 8001) < 1e-6 * whole for each in heard)
    assert all(power_between(each, 0, 3000) > 0.3 * whole for each in heard)
    assert len({round(float(power_between(each, 0, 8001)), 3) for each in heard}) == 5


def test_noise_depends_on_the_clip_and_its_number_alone():
    condition = with_noise([torch.from_numpy(sound(seed=3)), torch.from_numpy(sound(seed=4))], 5.0)
    first, again, other = condition(sound(), 1), condition(sound(), 1), condition(sound(), 2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert 20 * np.log10(np.std(sound()) / np.std(first - sound())) == pytest.approx(5.0, abs=0.1)


def test_measured_scores_are_those_of_the_engine_that_serves(version, corpus_folder, tmp_path):
    engine = Engine.load(version, threads=1)
    clips = clips_to_measure(read_corpus(corpus_folder, LABELS), "test", tmp_path)
    given = predictions_of(window_logits(engine, clips), clips, engine.manifest.temperature)
    for scores, waveform in zip(given.scores, clips.waveforms(), strict=True):
        assert scores == pytest.approx(list(engine.predict(waveform).scores.values()), abs=1e-9)


def test_each_condition_is_reported(version, corpus_folder, tmp_path):
    engine = Engine.load(version, threads=1)
    clips = clips_to_measure(read_corpus(corpus_folder, LABELS), "test", tmp_path)
    figures = measure(engine, clips, [torch.from_numpy(sound())], [10.0, 0.0])
    assert set(figures["conditions"]) == {"snr_10_db", "snr_0_db", "upper_band", "band_limited"}
    assert figures["speakers"] == 1
    given = predictions_of(window_logits(engine, clips), clips, 2.0)
    assert figures["accuracy"]["value"] == pytest.approx(accuracy(given), abs=1e-4)


def test_command_prints_figures_as_json(version, corpus_folder, tmp_path, capsys):
    options = {"path": version, "corpus": corpus_folder, "cache": tmp_path, "split": "test"}
    call_command("evaluate_model", json=True, **options)
    figures = json.loads(capsys.readouterr().out)
    assert figures["clips"] == 6
    call_command("evaluate_model", **options)
    told = capsys.readouterr().out
    assert (
        "6 clips of 1 speaker\n" in told
        and "for other clips of the same speakers" in told
        and "parameters, " in told
        and "ms for 3 s" in told
    )
    assert all(name in told for name in ("precision", "specificity", "fall_out", "mcc", "right label"))


def test_noise_is_that_of_the_site_unless_another_is_named(version, corpus_folder, tmp_path, settings):
    options = {"path": version, "corpus": corpus_folder, "cache": tmp_path}
    with pytest.raises(CommandError, match="--noises, or set NOISES_DIR") as refused:
        call_command("evaluate_model", snr=[10.0], **options)
    assert refused.value.returncode == 2
    settings.NOISES_DIR = tmp_path
    with pytest.raises(CommandError, match="has no metadata"):
        call_command("evaluate_model", snr=[10.0], **options)


@pytest.mark.django_db
def test_command_measures_a_version_of_the_site_and_draws(version, corpus_folder, tmp_path, settings, capsys):
    settings.MODELS_DIR = version.parent
    manifest = Engine.load(version, threads=1).manifest
    ModelVersion.objects.create(
        task=Task.objects.get(slug="emotion"),
        number=7,
        origin=ModelVersion.Origin.IMPORTED,
        folder=version.name,
        checksum="",
        manifest=manifest.as_dict(),
    )
    options = {"corpus": corpus_folder, "cache": tmp_path, "json": True}
    call_command("evaluate_model", version=7, pictures=tmp_path / "pictures", **options)
    by_number = json.loads(capsys.readouterr().out)
    call_command("evaluate_model", path=version, **options)
    by_path = json.loads(capsys.readouterr().out)
    # How long it took is a different figure each time.
    assert by_number.pop("session_ms") > 0 and by_path.pop("session_ms") > 0
    assert by_path == by_number
    drawn = {path.name: path.read_text() for path in (tmp_path / "pictures").iterdir()}
    assert drawn.keys() == {"confusion.svg", "reliability.svg"}
    assert all(f">{label}<" in drawn["confusion.svg"] for label in LABELS)
    with pytest.raises(CommandError, match="no version 8"):
        call_command("evaluate_model", version=8, **options)


@pytest.mark.django_db
def test_description_counts_and_draws(corpus_folder, tmp_path, capsys):
    call_command("describe_corpus", corpus_folder, picture=tmp_path / "corpus.svg")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["split", "clips", "minutes", "speakers"]
    assert ">fearful<" in (tmp_path / "corpus.svg").read_text()
    assert "clips per speaker: 6 to 6, median 6, together 24" in lines
    call_command("describe_corpus", corpus_folder, json=True)
    facts = json.loads(capsys.readouterr().out)
    assert facts["speakers"] == {"ann": 6, "bob": 6, "eve": 6, "tom": 6}
    assert facts["seconds"]["min"] == 0.5 and facts["splits"]["train"]["seconds"] > 6


def test_command_refuses_a_corpus_with_a_speaker_in_two_splits(version, tmp_path):
    folder = write_corpus(tmp_path / "voices")
    rows = [
        {"file_name": "audio/tom_sad_0.flac", "label": "sad", "speaker": "tom", "split": split}
        for split in ("train", "test")
    ]
    write_metadata(folder, rows)
    with pytest.raises(CommandError, match="speaker_in_two_splits"):
        call_command("evaluate_model", path=version, corpus=folder, cache=tmp_path)
