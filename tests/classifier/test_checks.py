"""What is wrong with the model is said by doctor and by the address that monitors ask."""

from types import SimpleNamespace

import pytest
from django.core.checks import run_checks

from classifier.audio.quarantine import process
from classifier.inference import hot_reload
from classifier.inference.hot_reload import ActiveEngine
from classifier.predictions import predictor, registry
from classifier.predictions.registry import folder_of, register_shipped_model

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "models"
    return register_shipped_model()


def ids():
    return {message.id for message in run_checks(databases=["default"])}


def test_damaged_files_of_the_version_in_service_are_pointed_out(version):
    assert "classifier.W001" not in ids()
    (folder_of(version) / version.manifest["serving_file"]).write_bytes(b"damaged")
    assert "classifier.W001" in ids()


def test_a_site_whose_version_lost_its_files_is_not_healthy(version, client, monkeypatch):
    engine = ActiveEngine(predictor.find_active_version, threads=1)
    monkeypatch.setattr(engine, "start", lambda: None)
    monkeypatch.setattr(predictor, "active_engine", lambda: engine)
    lost = folder_of(version).rename(registry.Path(folder_of(version).parent / "elsewhere"))
    assert client.get("/health/").status_code == 503
    lost.rename(folder_of(version))
    monkeypatch.setattr(hot_reload, "RETRY_AFTER_S", 0)
    assert client.get("/health/").status_code == 200


def test_a_decoder_that_does_not_start_is_pointed_out(monkeypatch):
    assert "classifier.W003" not in ids()
    monkeypatch.setattr(process, "sys", SimpleNamespace(executable="/bin/false", dont_write_bytecode=False))
    assert "classifier.W003" in ids()
