import json
import pickle
from pathlib import Path

import pytest

from classifier.inference.exceptions import VersionRefused
from classifier.inference.manifest import parse_manifest, read_manifest
from classifier.inference.version_folder import folder_checksum, verify
from tests.training.tiny_model import LABELS, edit_json

SHIPPED = Path("classifier/shipped_model")


def refusal(folder, checksum=None) -> str:
    with pytest.raises(VersionRefused) as refused:
        verify(folder, checksum)
    return refused.value.code


def test_good_folder_is_verified(version_folder):
    manifest = verify(version_folder, folder_checksum(version_folder))
    assert (manifest.task, manifest.labels) == ("emotion", LABELS)
    assert (manifest.sample_rate, manifest.window_s, manifest.hop_s) == (16_000, 5.0, 2.5)


@pytest.mark.parametrize("name", ["model.onnx", "model.safetensors", "config.json", "MODEL_CARD.md"])
def test_one_altered_byte_is_refused(version_folder, name):
    content = bytearray((version_folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (version_folder / name).write_bytes(content)
    assert refusal(version_folder) == "altered_file"


@pytest.mark.parametrize("name", ["model.onnx", "model.safetensors", "config.json", "manifest.json"])
def test_missing_file_is_refused(version_folder, name):
    (version_folder / name).unlink()
    assert refusal(version_folder) == "missing_file"


def test_missing_folder_is_refused(tmp_path):
    assert refusal(tmp_path / "nothing") == "missing_folder"


@pytest.mark.parametrize("name", ["pytorch_model.bin", "optimizer.pt", "extra.PKL"])
def test_pickle_is_refused(version_folder, name):
    (version_folder / name).write_bytes(pickle.dumps({"weights": [1.0]}))
    assert refusal(version_folder) == "pickle"


def test_file_that_nobody_listed_is_refused(version_folder):
    (version_folder / "notes.txt").write_text("hello")
    assert refusal(version_folder) == "unlisted_file"


def test_link_out_of_the_folder_is_refused(version_folder, tmp_path):
    outside = (version_folder / "model.onnx").rename(tmp_path / "model.onnx")
    (version_folder / "model.onnx").symlink_to(outside)
    assert refusal(version_folder) == "foreign_entry"


def test_listed_name_that_leads_out_of_the_folder_is_refused(version_folder):
    manifest = read_manifest(version_folder)
    edit_json(version_folder / "manifest.json", files={**manifest.files, "../model.onnx": "0" * 64})
    assert refusal(version_folder) == "missing_file"


@pytest.mark.parametrize("labels", [list(reversed(LABELS)), ["neutral", "happy"]])
def test_labels_that_contradict_the_configuration_are_refused(version_folder, labels):
    edit_json(version_folder / "manifest.json", labels=labels)
    assert refusal(version_folder) == "wrong_labels"


@pytest.mark.parametrize("labels", [[], ["neutral"], ["neutral", "neutral"]])
def test_labels_that_cannot_be_told_apart_are_refused(version_folder, labels):
    edit_json(version_folder / "manifest.json", labels=labels)
    assert refusal(version_folder) == "wrong_labels"


def test_other_sample_rate_is_refused(version_folder):
    edit_json(version_folder / "manifest.json", sample_rate=8000)
    assert refusal(version_folder) == "wrong_sample_rate"


def test_manifest_of_a_registered_version_may_not_change(version_folder):
    checksum = folder_checksum(version_folder)
    edit_json(version_folder / "manifest.json", temperature=2.0)
    assert verify(version_folder).temperature == 2.0
    assert refusal(version_folder, checksum) == "altered_file"


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0},
        {"hop_s": 0},
        {"hop_s": 9},
        {"window_s": "long"},
        {"serving_file": "x"},
        {"labels": 3},
    ],
)
def test_manifest_that_makes_no_sense_is_refused(version_folder, change):
    edit_json(version_folder / "manifest.json", **change)
    assert refusal(version_folder) == "wrong_manifest"


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"labels": ['])
def test_text_that_is_no_manifest_is_refused(text):
    with pytest.raises(VersionRefused, match="wrong_manifest"):
        parse_manifest(text)


def test_manifest_of_a_newer_release_is_refused(version_folder):
    edit_json(version_folder / "manifest.json", format=2)
    assert refusal(version_folder) == "unknown_format"


def test_shipped_folder_is_small_and_sound():
    manifest = verify(SHIPPED)
    assert manifest.labels == LABELS
    assert manifest.serving_file == "model.onnx"
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 40_000_000
    assert json.loads((SHIPPED / "config.json").read_text())["dtype"] == "float16"
