import shutil
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from classifier.inference.exceptions import VersionRefused
from classifier.inference.session import Engine
from classifier.inference.version_folder import hash_files, verify
from classifier.models import Label, ModelVersion, Task
from classifier.predictions import registry
from classifier.predictions.registry import (
    activate_version,
    folder_of,
    register_shipped_model,
    register_version,
    remove_files,
)
from tests.training.tiny_model import edit_json

SHIPPED = ModelVersion.Origin.SHIPPED
IMPORTED = ModelVersion.Origin.IMPORTED


@pytest.fixture(autouse=True)
def models_dir(settings, tmp_path, db) -> Path:
    settings.MODELS_DIR = tmp_path / "models"
    return settings.MODELS_DIR


@pytest.fixture
def task(db) -> Task:
    return Task.objects.get(slug="emotion")


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """A copy of the shipped folder that the test may change."""
    folder = Path(shutil.copytree(registry.SHIPPED_MODEL, tmp_path / "shipped"))
    monkeypatch.setattr(registry, "SHIPPED_MODEL", folder)
    return folder


def new_release(folder: Path, note: str) -> None:
    (folder / "MODEL_CARD.md").write_text(note)
    edit_json(folder / "manifest.json", files=hash_files(folder))


def active() -> ModelVersion:
    return ModelVersion.objects.active().get()


def test_version_is_copied_and_numbered(task, shipped, models_dir):
    first = register_version(shipped, task=task, origin=IMPORTED)
    new_release(shipped, "second")
    second = register_version(shipped, task=task, origin=IMPORTED)
    assert (first.number, second.number) == (1, 2)
    assert folder_of(second) == models_dir / "emotion" / "2"
    assert verify(folder_of(first), first.checksum).as_dict()["labels"] == tuple(first.manifest["labels"])
    assert {path.name for path in (models_dir / "emotion").iterdir()} == {"1", "2"}
    assert not ModelVersion.objects.active().exists()


def test_same_folder_is_the_same_version(task, shipped, models_dir):
    first = register_version(shipped, task=task, origin=IMPORTED)
    assert register_version(shipped, task=task, origin=IMPORTED) == first
    assert [path.name for path in (models_dir / "emotion").iterdir()] == ["1"]


def test_lost_files_of_a_known_version_are_put_back(task, shipped):
    version = register_version(shipped, task=task, origin=IMPORTED)
    shutil.rmtree(folder_of(version))
    assert register_version(shipped, task=task, origin=IMPORTED) == version
    verify(folder_of(version), version.checksum)


@pytest.mark.parametrize("damage", ["altered", "missing", "manifest"])
def test_damaged_files_of_a_known_version_are_put_back(task, shipped, models_dir, damage):
    version = register_version(shipped, task=task, origin=IMPORTED)
    harm(folder_of(version), damage)
    assert register_version(shipped, task=task, origin=IMPORTED) == version
    verify(folder_of(version), version.checksum)
    assert [path.name for path in (models_dir / "emotion").iterdir()] == ["1"]


def harm(folder: Path, damage: str) -> None:
    serving = folder / "model.onnx"
    content = serving.read_bytes()
    match damage:
        case "altered":
            serving.write_bytes(content[:-4000] + bytes(4000))
        case "cut":
            serving.write_bytes(content[: len(content) // 2])
        case "missing":
            serving.unlink()
        case "manifest":
            edit_json(folder / "manifest.json", temperature=2.0)


def test_shipped_model_that_was_damaged_serves_again(shipped):
    version = register_shipped_model()
    harm(folder_of(version), "altered")
    assert register_shipped_model() == version == active()
    Engine.load(folder_of(version), threads=1, checksum=version.checksum).self_test(longest_s=1)


def test_shipped_model_is_not_said_to_serve_when_it_cannot_be_loaded(shipped, monkeypatch):
    register_shipped_model()

    def fails(*_arguments, **_options):
        raise VersionRefused("self_test", "The version fails on a known waveform.")

    monkeypatch.setattr(Engine, "self_test", fails)
    with pytest.raises(VersionRefused, match="self_test"):
        register_shipped_model()


@pytest.mark.parametrize("damage", ["cut", "missing"])
def test_where_the_source_is_damaged_too_nothing_is_said_to_serve(shipped, damage):
    version = register_shipped_model()
    for folder in (shipped, folder_of(version)):
        harm(folder, damage)
    with pytest.raises(VersionRefused):
        register_shipped_model()


def test_folder_left_over_without_a_row_is_not_overwritten(task, shipped, models_dir):
    (models_dir / "emotion" / "7").mkdir(parents=True)
    assert register_version(shipped, task=task, origin=IMPORTED).number == 8


@pytest.mark.parametrize("change", [{"task": "language"}, {"labels": ["yes", "no"]}])
def test_version_of_another_task_is_refused_and_leaves_nothing(task, shipped, models_dir, change):
    edit_json(shipped / "manifest.json", **change)
    if "labels" in change:
        edit_json(shipped / "config.json", id2label=dict(enumerate(change["labels"])))
        edit_json(shipped / "manifest.json", files=hash_files(shipped))
    with pytest.raises(VersionRefused):
        register_version(shipped, task=task, origin=IMPORTED)
    assert not ModelVersion.objects.exists()
    assert not models_dir.exists() or not list(models_dir.rglob("*.onnx"))


def test_full_disk_leaves_nothing(task, shipped, models_dir, monkeypatch):
    def disk_full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", disk_full)
    with pytest.raises(OSError, match="No space left"):
        register_version(shipped, task=task, origin=IMPORTED)
    assert list((models_dir / "emotion").iterdir()) == []
    assert not ModelVersion.objects.exists()


def test_full_disk_does_not_keep_a_known_version_from_starting(task, shipped, monkeypatch):
    version = register_shipped_model()

    def disk_full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(registry, "workplace", disk_full)
    assert register_shipped_model() == version


def test_shipped_version_that_was_deleted_stays_away_while_another_serves(task, shipped, tmp_path):
    old = register_shipped_model()
    better = Path(shutil.copytree(shipped, tmp_path / "better"))
    new_release(better, "better")
    activate_version(register_version(better, task=task, origin=IMPORTED))
    remove_files(old)
    assert register_shipped_model() == old
    assert ModelVersion.objects.get(pk=old.pk).status == ModelVersion.Status.REMOVED


def test_version_answers_for_a_whole_window_before_it_is_activated(task, shipped, monkeypatch):
    lengths, logits = [], Engine.logits

    def note_length(engine, window):
        lengths.append(len(window))
        return logits(engine, window)

    monkeypatch.setattr(Engine, "logits", note_length)
    version = register_version(shipped, task=task, origin=IMPORTED)
    activate_version(version)
    assert max(lengths) == verify(folder_of(version)).window_s * 16_000


def test_one_version_is_active_at_a_time(task, shipped, admin):
    first = register_version(shipped, task=task, origin=IMPORTED)
    new_release(shipped, "second")
    second = register_version(shipped, task=task, origin=IMPORTED)
    activate_version(first)
    activate_version(second, actor=admin)
    assert active() == second
    assert second.is_active and second.activated_at
    activate_version(first)
    assert active() == first
    with pytest.raises(IntegrityError), transaction.atomic():
        ModelVersion.objects.update(is_active=True)


def test_damaged_version_is_not_activated_and_the_old_one_stays(task, shipped):
    good = register_version(shipped, task=task, origin=IMPORTED)
    activate_version(good)
    new_release(shipped, "second")
    bad = register_version(shipped, task=task, origin=IMPORTED)
    (folder_of(bad) / bad.manifest["serving_file"]).write_bytes(b"damaged")
    with pytest.raises(VersionRefused, match="altered_file"):
        activate_version(bad)
    assert active() == good


def test_version_whose_task_has_other_labels_by_now_is_not_activated(task, shipped):
    version = register_version(shipped, task=task, origin=IMPORTED)
    Label.objects.create(task=task, key="bored", name="Bored", colour="#000000", digit=7, order=7)
    with pytest.raises(VersionRefused, match="wrong_labels"):
        activate_version(version)


def test_removed_version_is_not_activated(task, shipped):
    version = register_version(shipped, task=task, origin=IMPORTED)
    version.status = ModelVersion.Status.REMOVED
    with pytest.raises(VersionRefused, match="not_ready"):
        activate_version(version)


def test_shipped_model_serves_from_the_first_start_on(shipped):
    version = register_shipped_model()
    assert active() == version == register_shipped_model()
    assert version.origin == SHIPPED
    assert ModelVersion.objects.count() == 1


def test_newer_shipped_model_replaces_an_older_one(shipped):
    old = register_shipped_model()
    new_release(shipped, "better")
    new = register_shipped_model()
    assert active() == new != old


def test_rolling_back_to_an_older_shipped_model_lasts(shipped):
    old = register_shipped_model()
    new_release(shipped, "better")
    register_shipped_model()
    activate_version(old)
    register_shipped_model()
    assert active() == old


def test_newer_shipped_model_does_not_replace_an_imported_one(task, shipped):
    imported = register_version(shipped, task=task, origin=IMPORTED)
    activate_version(imported)
    new_release(shipped, "better")
    assert not register_shipped_model().is_active
    assert active() == imported
