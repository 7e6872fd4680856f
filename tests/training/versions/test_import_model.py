import io
import json
from pathlib import Path

import huggingface_hub
import pytest
from django.core.management import CommandError, call_command

from classifier.inference.manifest import read_manifest
from classifier.inference.session import Engine, known_waveform
from classifier.inference.version_folder import SERVING_INT8
from classifier.models import ModelVersion
from classifier.predictions.registry import folder_of
from tests.training.corpora import write_corpus
from tests.training.tiny_model import LABELS, write_checkpoint

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def models_dir(settings, tmp_path, db) -> Path:
    settings.MODELS_DIR = tmp_path / "models"
    return settings.MODELS_DIR


def import_model(*arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("import_model", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def refusal(*arguments: str) -> CommandError:
    with pytest.raises(CommandError) as refused:
        import_model(*arguments)
    return refused.value


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def test_imported_version_waits_for_its_activation(checkpoint_folder):
    out, _ = import_model(str(checkpoint_folder))
    assert out == "Version 1 is ready, not in service.\n"
    version = ModelVersion.objects.get()
    assert version.origin == ModelVersion.Origin.IMPORTED
    assert version.manifest["origin"] == {"kind": "imported", "name": "checkpoint"}
    assert not version.is_active


def test_imported_version_can_serve_at_once(checkpoint_folder):
    out, _ = import_model(str(checkpoint_folder), "--activate", "--json")
    version = ModelVersion.objects.active().get()
    assert json.loads(out) == {"number": 1, "active": True, "checksum": version.checksum}
    engine = Engine.load(folder_of(version), threads=1, checksum=version.checksum)
    assert tuple(engine.predict(known_waveform(16_000, 16_000)).scores) == LABELS


def test_labelled_clips_set_the_temperature_and_choose_what_serves(checkpoint_folder, tmp_path):
    voices = write_corpus(tmp_path / "voices")
    import_model(str(checkpoint_folder), "--corpus", str(voices), "--activate")
    version = ModelVersion.objects.active().get()
    manifest = read_manifest(folder_of(version))
    assert manifest.temperature != 1.0
    assert (manifest.serving_file == SERVING_INT8) == manifest.metrics["int8"]["serves"]


def test_corpus_that_cannot_judge_leaves_nothing(checkpoint_folder, tmp_path, models_dir):
    (tmp_path / "empty").mkdir()
    assert refusal(str(checkpoint_folder), "--corpus", str(tmp_path / "empty")).returncode == 1
    assert not ModelVersion.objects.exists() and files_in(models_dir) == []


def test_authors_notes_go_into_the_model_card(checkpoint_folder):
    (checkpoint_folder / "README.md").write_text("Trained on whispers.")
    import_model(str(checkpoint_folder))
    assert "Trained on whispers." in (folder_of(ModelVersion.objects.get()) / "MODEL_CARD.md").read_text()


def test_labels_are_renamed(tmp_path):
    folder = write_checkpoint(
        tmp_path / "theirs", labels=("joy", "rage", *LABELS[::-1][:2], "sad", "neutral")
    )
    import_model(str(folder), "--map", "joy=happy", "--map", "rage=angry")
    assert tuple(ModelVersion.objects.get().manifest["labels"]) == LABELS


def test_refused_checkpoint_leaves_nothing(checkpoint_folder, models_dir):
    (checkpoint_folder / "model.safetensors").rename(checkpoint_folder / "pytorch_model.bin")
    error = refusal(str(checkpoint_folder))
    assert "(pickle)" in str(error)
    assert error.returncode == 1
    assert not ModelVersion.objects.exists()
    assert files_in(models_dir) == []


def test_damaged_weights_leave_nothing(checkpoint_folder, models_dir):
    (checkpoint_folder / "model.safetensors").write_bytes(b"0" * 100)
    assert "(unreadable_weights)" in str(refusal(str(checkpoint_folder)))
    assert files_in(models_dir) == []


@pytest.mark.parametrize("wrong", [["--task", "language"], ["--map", "joy"], ["--map", "=happy"]])
def test_wrong_use(checkpoint_folder, wrong):
    assert refusal(str(checkpoint_folder), *wrong).returncode == 2


def test_folder_or_download_is_needed_and_not_both(checkpoint_folder):
    refusal()
    refusal(str(checkpoint_folder), "--download", "someone/something")


def test_download_says_that_it_leaves_the_machine(checkpoint_folder, monkeypatch):
    def fetch(name, *, local_dir, allow_patterns):
        assert not huggingface_hub.is_offline_mode()
        assert not any("bin" in pattern for pattern in allow_patterns)
        for path in checkpoint_folder.iterdir():
            (local_dir / path.name).write_bytes(path.read_bytes())

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    _, err = import_model("--download", "someone/something")
    assert "leaves the machine" in err
    assert huggingface_hub.is_offline_mode()
    assert ModelVersion.objects.get().manifest["origin"]["name"] == "someone/something"


def test_failed_download_is_a_failure_and_the_site_is_offline_again(monkeypatch, models_dir):
    def fail(*_args, **_options):
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    assert "(download_failed)" in str(refusal("--download", "someone/something"))
    assert huggingface_hub.is_offline_mode()
    assert files_in(models_dir) == []
