import io
import json
import shutil
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from classifier.models import ModelVersion
from classifier.predictions import registry
from classifier.predictions.registry import folder_of
from tests.classifier.predictions.test_registry import new_release


@pytest.fixture(autouse=True)
def two_versions(settings, tmp_path, db, monkeypatch):
    """Versions 1 and 2; 2 is in service."""
    settings.MODELS_DIR = tmp_path / "models"
    monkeypatch.setattr(
        registry, "SHIPPED_MODEL", shutil.copytree(registry.SHIPPED_MODEL, tmp_path / "shipped")
    )
    output("register_shipped_model")
    new_release(tmp_path / "shipped", "better")
    assert output("register_shipped_model") == "The shipped model is version 2, in service.\n"


def output(*command: str) -> str:
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_list_as_text_marks_the_active_version():
    newest, oldest = output("list_models").splitlines()
    assert newest.startswith("* emotion 2  shipped")
    assert oldest.startswith("  emotion 1  shipped")
    assert output("list_models", "--task", "language") == ""


def test_the_list_has_the_times_of_the_site():
    created = ModelVersion.objects.get(number=1).created
    with timezone.override("Asia/Tokyo"):
        assert f"{created + timedelta(hours=9):%Y-%m-%d %H:%M}" in output("list_models")


def test_list_as_json_is_one_array():
    newest, oldest = json.loads(output("list_models", "--json"))
    assert (newest["number"], newest["active"], oldest["active"]) == (2, True, False)
    assert newest["metrics"]["test"]["clips"] == 1148
    assert len(newest["checksum"]) == 64


def test_activating_an_older_version():
    assert output("activate_model", "1") == "Version 1 is in service.\n"
    assert ModelVersion.objects.active().get().number == 1


def test_activating_a_version_that_does_not_exist_is_wrong_use():
    with pytest.raises(CommandError) as error:
        output("activate_model", "9")
    assert error.value.returncode == 2


def test_activating_a_damaged_version_fails():
    (folder_of(ModelVersion.objects.get(number=1)) / "config.json").write_text("{}")
    with pytest.raises(CommandError, match="altered_file") as error:
        output("activate_model", "1")
    assert error.value.returncode == 1
    assert ModelVersion.objects.active().get().number == 2


def test_damaged_shipped_model_fails(tmp_path):
    (tmp_path / "shipped" / "config.json").write_text("{}")
    with pytest.raises(CommandError, match="altered_file"):
        output("register_shipped_model")
