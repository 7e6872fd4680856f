import pickle

import pytest

from tests.training.tiny_model import LABELS, edit_json, write_checkpoint
from training.exceptions import CheckpointRefused
from training.versions.checkpoint import check_checkpoint, load_model

pytestmark = pytest.mark.slow


def refusal(folder, labels=LABELS, renames=None) -> str:
    with pytest.raises(CheckpointRefused) as refused:
        check_checkpoint(folder, labels, renames)
    return refused.value.code


def logits_of(folder, labels, renames=None) -> dict[str, float]:
    import torch

    model = load_model(check_checkpoint(folder, labels, renames))
    with torch.inference_mode():
        (logits,) = model(torch.sin(torch.arange(8000) / 9)[None]).logits.tolist()
    return dict(zip(model.config.id2label.values(), logits, strict=True))


def test_labels_may_come_in_any_order_and_are_put_into_the_tasks(checkpoint_folder):
    own = logits_of(checkpoint_folder, LABELS)
    other = logits_of(checkpoint_folder, LABELS[::-1])
    assert tuple(other) == LABELS[::-1]
    assert other == pytest.approx(own)
    assert len({round(logit, 3) for logit in own.values()}) > 1


def test_labels_are_renamed_by_the_map(tmp_path):
    theirs = ("joy", "neutral", "sad", "rage", "fearful", "disgust")
    folder = write_checkpoint(tmp_path / "theirs", labels=theirs)
    renamed = logits_of(folder, LABELS, {"joy": "happy", "rage": "angry"})
    own = logits_of(folder, theirs)
    assert renamed == pytest.approx(
        {**{k: own[k] for k in LABELS if k in own}, "happy": own["joy"], "angry": own["rage"]}
    )


@pytest.mark.parametrize(
    "renames",
    [None, {"joy": "sad"}, {"joy": "happy", "glee": "happy"}],
    ids=["without a map", "two become one", "unknown label"],
)
def test_labels_that_do_not_match_are_refused(tmp_path, renames):
    folder = write_checkpoint(tmp_path / "theirs", labels=("neutral", "joy", *LABELS[2:]))
    assert refusal(folder, renames=renames) == "wrong_labels"


def test_more_labels_than_the_task_has_are_refused(tmp_path):
    folder = write_checkpoint(tmp_path / "seven", labels=(*LABELS, "surprised"))
    assert refusal(folder) == "wrong_labels"


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.pkl"])
def test_weights_that_can_run_code_are_refused(checkpoint_folder, name):
    (checkpoint_folder / "model.safetensors").unlink()
    (checkpoint_folder / name).write_bytes(pickle.dumps({}))
    assert refusal(checkpoint_folder) == "pickle"


def test_pickle_beside_safetensors_is_never_opened(checkpoint_folder, tmp_path):
    bomb = f"cos\nsystem\n(S'touch {tmp_path}/exploded'\ntR."
    for name in ("training_args.bin", "pytorch_model.bin"):
        (checkpoint_folder / name).write_text(bomb)
    load_model(check_checkpoint(checkpoint_folder, LABELS))
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("model.safetensors", "no_weights"),
        ("config.json", "missing_file"),
        ("preprocessor_config.json", "missing_file"),
    ],
)
def test_missing_file_is_refused(checkpoint_folder, name, code):
    (checkpoint_folder / name).unlink()
    assert refusal(checkpoint_folder) == code


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("config.json", {"auto_map": {"AutoModel": "own.Model"}}, "remote_code"),
        ("config.json", {"model_type": "hubert"}, "wrong_architecture"),
        ("config.json", {"architectures": ["Wav2Vec2ForCTC"]}, "wrong_architecture"),
        ("config.json", {"architectures": None}, "wrong_architecture"),
        ("config.json", {"id2label": {"one": "happy"}}, "wrong_labels"),
        ("config.json", {"id2label": {"1": "happy", "2": "sad"}}, "wrong_labels"),
        ("preprocessor_config.json", {"sampling_rate": 8000}, "wrong_sample_rate"),
    ],
)
def test_other_kind_of_model_is_refused(checkpoint_folder, name, change, code):
    edit_json(checkpoint_folder / name, **change)
    assert refusal(checkpoint_folder) == code


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_configuration_that_is_no_json_object_is_refused(checkpoint_folder, text):
    (checkpoint_folder / "config.json").write_text(text)
    assert refusal(checkpoint_folder) == "unreadable_file"


def test_file_instead_of_a_folder_is_refused(checkpoint_folder):
    assert refusal(checkpoint_folder / "config.json") == "not_a_folder"


def test_damaged_weights_are_refused(checkpoint_folder):
    weights = checkpoint_folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(CheckpointRefused, match="unreadable_weights"):
        load_model(check_checkpoint(checkpoint_folder, LABELS))


def test_weights_without_a_trained_classifier_are_refused(checkpoint_folder):
    from safetensors.numpy import load_file, save_file

    weights = load_file(checkpoint_folder / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, checkpoint_folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointRefused, match="incomplete_weights"):
        load_model(check_checkpoint(checkpoint_folder, LABELS))


@pytest.mark.parametrize(
    "change",
    [
        lambda weights: {"wav2vec2.encoder.layers.7.layer_norm.weight": weights["classifier.bias"]},
        lambda weights: {"adapter.weight": weights["classifier.weight"]},
    ],
    ids=["more layers than the configuration has", "a part of another model"],
)
def test_weights_that_the_configuration_does_not_use_are_refused(checkpoint_folder, change):
    from safetensors.numpy import load_file, save_file

    weights = load_file(checkpoint_folder / "model.safetensors")
    save_file(weights | change(weights), checkpoint_folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(CheckpointRefused, match="unused_weights"):
        load_model(check_checkpoint(checkpoint_folder, LABELS))


def test_a_configuration_with_fewer_layers_than_the_weights_is_refused(checkpoint_folder):
    edit_json(checkpoint_folder / "config.json", num_hidden_layers=1)
    with pytest.raises(CheckpointRefused, match="unused_weights"):
        load_model(check_checkpoint(checkpoint_folder, LABELS))


@pytest.mark.parametrize("name", ["weight_g", "original0"])
def test_both_names_of_the_normalised_weights_are_known(checkpoint_folder, name):
    """Checkpoints saved by older libraries name the weights of the position's convolution otherwise."""
    from safetensors.numpy import load_file, save_file

    home = "wav2vec2.encoder.pos_conv_embed.conv"
    pairs = {f"{home}.parametrizations.weight.original{i}": f"{home}.weight_{'gv'[i]}" for i in (0, 1)}
    weights = load_file(checkpoint_folder / "model.safetensors")
    assert set(pairs) <= set(weights)
    if name == "weight_g":
        weights = {pairs.get(key, key): value for key, value in weights.items()}
    save_file(weights, checkpoint_folder / "model.safetensors", metadata={"format": "pt"})
    load_model(check_checkpoint(checkpoint_folder, LABELS))
