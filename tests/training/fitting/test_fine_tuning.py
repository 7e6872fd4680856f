import copy
import json
import math
from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn
from transformers import TrainerCallback, Wav2Vec2ForSequenceClassification

from classifier.inference.session import Engine
from classifier.inference.version_folder import SERVING_INT8
from tests.training.corpora import spoken, write_corpus
from tests.training.tiny_model import LABELS
from training.datasets.corpus import read_corpus
from training.datasets.decoded import decode_clips
from training.exceptions import RunFailed
from training.fitting.augmentation import Augmentation, AugmentationSettings
from training.fitting.batches import ClipDataset, Collate, normalised_batch
from training.fitting.fine_tuning import fine_tune, fine_tune_top
from training.fitting.frozen_layers import Top, frozen_frames
from training.fitting.head import fit_head, head_logits, pooled_features
from training.fitting.head_training import train_head
from training.fitting.hyperparameters import Hyperparameters
from training.fitting.precision import freeze_front_end
from training.recipes.recipe import MODEL, Sources, train_checkpoint
from training.runs.events import EventWriter
from training.runs.steps import TrainerEvents
from training.versions.checkpoint import check_checkpoint, load_model
from training.versions.make_version import make_version
from training.versions.writer import Description

pytestmark = pytest.mark.slow

QUICK = Hyperparameters(epochs=3, batch_size=4, learning_rate=1e-3, averaged_epochs=2, top_layers=1, copies=2)


class Killed(Exception):
    pass


class KillAfterEpoch(TrainerCallback):
    """Ends the run as a kill would, once the checkpoint of an epoch is written."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_save(self, args, state, control, **rest):
        if round(state.epoch) == self.epoch:
            raise Killed


@pytest.fixture(scope="module")
def corpus_folder(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("training") / "voices", voice=spoken)


@pytest.fixture
def dataset(corpus_folder, tmp_path):
    corpus = read_corpus(corpus_folder, LABELS)

    def of_split(split):
        clips = corpus.split(split)
        return ClipDataset(
            clips, decode_clips([clip.path for clip in clips], tmp_path / "cache"), LABELS, 0.2
        )

    return of_split


@pytest.fixture
def model(written_checkpoint):
    return load_model(check_checkpoint(written_checkpoint, LABELS))


@pytest.fixture(params=[fine_tune, fine_tune_top], ids=["all", "top"])
def train_part(request):
    return request.param


def run(model, dataset, output, callbacks=(), train_part=fine_tune, chosen=QUICK):
    augmentation = Augmentation(AugmentationSettings(), [torch.arange(4000) % 7 - 3.0], [torch.ones(100)])
    return train_part(
        model,
        dataset("train"),
        dataset("validation"),
        chosen,
        output,
        augmentation=augmentation,
        callbacks=callbacks,
    )


def test_resumed_run_equals_an_uninterrupted_one(written_checkpoint, dataset, train_part, tmp_path):
    checkpoint = check_checkpoint(written_checkpoint, LABELS)
    torch.manual_seed(1)
    whole = load_model(checkpoint)
    expected = run(whole, dataset, tmp_path / "whole", train_part=train_part)
    torch.manual_seed(1)
    with pytest.raises(Killed):
        run(load_model(checkpoint), dataset, tmp_path / "killed", [KillAfterEpoch(1)], train_part)
    # Whatever chance did meanwhile, the run goes on with its own.
    torch.manual_seed(99)
    resumed = load_model(checkpoint)
    figures = run(resumed, dataset, tmp_path / "killed", train_part=train_part)
    assert figures["eval_loss"] == expected["eval_loss"]
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, resumed.state_dict()[name]), name


def test_training_learns_and_leaves_the_front_end_alone(model, dataset, tmp_path):
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    run(model, dataset, tmp_path / "run")
    changed = {name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])}
    assert {"classifier.weight", "projector.weight"} <= changed
    assert not any("feature_" in name or "pos_conv" in name for name in changed)
    log = json.loads(next((tmp_path / "run").glob("checkpoint-*/trainer_state.json")).read_text())
    assert all(math.isfinite(entry.get("grad_norm", 0.0)) for entry in log["log_history"])
    assert list((tmp_path / "run").glob("runs/*/events*"))


def test_the_mean_of_the_last_epochs_is_kept(model, dataset, tmp_path):
    run(model, dataset, tmp_path / "run")
    stored = [load_file(path) for path in sorted((tmp_path / "run").glob("checkpoint-*/model.safetensors"))]
    assert len(stored) == 2
    mean = (stored[0]["classifier.weight"] + stored[1]["classifier.weight"]) / 2
    assert torch.allclose(model.classifier.weight, mean)


def test_cached_features_give_the_answers_of_the_whole_model(model, dataset):
    clips = dataset("train")
    features = pooled_features(model, (clips.audio.waveform(number) for number in range(len(clips))))
    fit_head(model, features, clips.targets)
    with torch.inference_mode():
        for number in range(len(clips)):
            heard = normalised_batch(torch.from_numpy(clips.audio.waveform(number))[None])
            assert torch.allclose(model(heard).logits[0], head_logits(model, features)[number], atol=1e-5)


def test_long_clip_is_heard_window_by_window(model):
    long = np.random.default_rng(0).normal(size=12 * 16_000).astype(np.float32)
    pieces = [long[start : start + 80_000] for start in (0, 40_000, 80_000, 112_000)]
    heard = pooled_features(model, [long])
    assert torch.allclose(heard, pooled_features(model, pieces).mean(dim=0, keepdim=True), atol=1e-5)
    whole = long[: 5 * 16_000 + 80]
    once = model.wav2vec2(normalised_batch(torch.from_numpy(whole)[None])).last_hidden_state.mean(dim=1)
    assert torch.allclose(pooled_features(model, [whole]), once, atol=1e-6)


def test_decoding_goes_on_after_a_kill_between_its_files(corpus_folder, tmp_path):
    paths = sorted((corpus_folder / "audio").iterdir())[:2]
    whole = decode_clips(paths, tmp_path)
    next(tmp_path.glob("*.json")).unlink()
    samples = next(tmp_path.glob("*.pcm"))
    samples.rename(samples.with_suffix(".new"))
    assert np.array_equal(decode_clips(paths, tmp_path).samples, whole.samples)


def test_figures_that_are_no_numbers_are_not_drawn_and_end_the_run():
    lines = StringIO()
    EventWriter("all", lines).point(epoch=1, loss=math.nan, accuracy=0.5)
    assert json.loads(lines.getvalue()) == {"point": {"epoch": 1, "accuracy": 0.5}}
    with pytest.raises(RunFailed, match="diverged"):
        events = TrainerEvents(EventWriter("all", lines))
        events.on_evaluate(None, None, None, metrics={"eval_loss": math.nan})


def test_top_on_kept_frames_gives_the_answers_of_the_whole_model(written_checkpoint, dataset, tmp_path):
    model = load_model(check_checkpoint(written_checkpoint, LABELS))
    clips = dataset("train")
    frames = frozen_frames(model, 1, clips, tmp_path / "frames", longest=80_000)
    top = Top(model, 1)
    with torch.inference_mode():
        for number in range(len(clips)):
            heard = normalised_batch(torch.from_numpy(clips.audio.waveform(number))[None])
            kept = top(frames.of(number)[None]).logits
            # Frames are kept in half precision; the logits are of the order of ten.
            assert torch.allclose(model(heard).logits, kept, atol=2e-2)


def test_training_the_top_leaves_the_rest_alone(model, dataset, tmp_path):
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    run(model, dataset, tmp_path / "run", train_part=fine_tune_top)
    changed = {name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])}
    parts = ("wav2vec2.encoder.layers.1.", "projector.", "classifier.")
    assert changed and all(name.startswith(parts) for name in changed)
    assert not (tmp_path / "run" / "frames").exists()


def test_head_alone_computes_features_once(model, dataset, tmp_path):
    run(model, dataset, tmp_path / "run", train_part=train_head)
    features = sorted((tmp_path / "run").glob("features-*.npy"))
    assert [len(np.load(file)) for file in features] == [len(dataset("train"))] * QUICK.copies
    kept = [file.stat().st_mtime_ns for file in features]
    run(model, dataset, tmp_path / "run", train_part=train_head)
    assert [file.stat().st_mtime_ns for file in features] == kept


def test_head_keeps_to_the_answers_it_gave_before_as_far_as_asked(model, dataset, tmp_path):
    known = model.classifier.weight.clone()

    def moved(start_weight):
        trained = copy.deepcopy(model)
        chosen = replace(QUICK, start_weight=start_weight, copies=1)
        run(trained, dataset, tmp_path / f"run-{start_weight}", chosen=chosen, train_part=train_head)
        return (trained.classifier.weight - known).norm().item()

    assert moved(1.0) < 1e-3 < moved(0.5) < moved(0.0)


def test_fitting_the_head_lowers_its_loss(model, dataset):
    clips = dataset("train")
    features = pooled_features(model, (clips.audio.waveform(number) for number in range(len(clips))))
    loss = fit_head(model, features, clips.targets, decay=1e-4)
    assert loss < math.log(len(LABELS)) - 0.1


def test_a_clip_gets_the_same_answer_alone_and_in_a_batch(model, dataset):
    clips = dataset("train")
    batch = Collate(5.0)([clips[(number, 0)] for number in range(6)])["input_values"]
    with torch.inference_mode():
        together, alone = model(batch).logits, torch.cat([model(each[None]).logits for each in batch])
    assert torch.allclose(together, alone, atol=1e-4)


def test_frozen_positions_by_spectrum_equal_the_convolution():
    from transformers import Wav2Vec2Config

    config = Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(16,),
        conv_kernel=(10,),
        conv_stride=(160,),
        num_conv_pos_embeddings=64,
        num_conv_pos_embedding_groups=16,
    )
    fresh = Wav2Vec2ForSequenceClassification(config).eval()
    hidden = torch.randn(3, 37, 16)
    with torch.inference_mode():
        expected = fresh.wav2vec2.encoder.pos_conv_embed(hidden)
        freeze_front_end(fresh)
        assert torch.allclose(fresh.wav2vec2.encoder.pos_conv_embed(hidden), expected, atol=1e-5)
    assert isinstance(fresh.wav2vec2.encoder.pos_conv_embed.conv, nn.Conv1d)


@pytest.mark.django_db
def test_command_trains_from_scratch_and_tells_of_a_full_disk(
    corpus_folder, written_checkpoint, tmp_path, monkeypatch
):
    QUICK.write(tmp_path / "config.json")
    options = {"corpus": corpus_folder, "config": tmp_path / "config.json", "cache": tmp_path / "cache"}
    scratch = {**options, "model_config": written_checkpoint / "config.json"}
    call_command("train_model", output=tmp_path / "run", **scratch)
    assert load_model(check_checkpoint(tmp_path / "run" / MODEL, LABELS)).config.hidden_size == 16

    def full(*args, **given):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(Wav2Vec2ForSequenceClassification, "save_pretrained", full)
    with pytest.raises(CommandError, match="storage_full"):
        call_command("train_model", output=tmp_path / "other", **scratch)


def test_recipe_ends_in_a_version_with_a_fitted_temperature(corpus_folder, written_checkpoint, tmp_path):
    corpus = read_corpus(corpus_folder, LABELS)
    sources = Sources(cache=tmp_path / "cache", checkpoint=written_checkpoint)
    figures = train_checkpoint(corpus, sources, QUICK, tmp_path / "run")
    assert 0.0 <= figures["eval_accuracy"] <= 1.0
    saved = load_file(tmp_path / "run" / MODEL / "model.safetensors")
    again = train_checkpoint(corpus, sources, QUICK, tmp_path / "run")
    assert again["eval_loss"] == figures["eval_loss"]
    for name, weight in load_file(tmp_path / "run" / MODEL / "model.safetensors").items():
        assert torch.equal(weight, saved[name]), name
    description = Description(task="emotion", origin={"kind": "trained"}, model_card="# A card\n")
    trained = check_checkpoint(tmp_path / "run" / MODEL, LABELS)
    manifest = make_version(corpus, tmp_path / "cache", trained, tmp_path / "version", description)
    assert manifest.temperature != 1.0
    assert (manifest.serving_file == SERVING_INT8) == manifest.metrics["int8"]["serves"]
    Engine.load(tmp_path / "version", threads=1).self_test()
