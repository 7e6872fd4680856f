import csv
import shutil

import pytest
import soundfile
from django.core.management import call_command
from django.core.management.base import CommandError

from classifier.inference.session import Engine
from classifier.inference.version_folder import verify
from tests.training.corpora import buzz, write_corpus
from training.datasets.noises_and_rooms import is_test_noise

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def noises(tmp_path):
    folder = tmp_path / "noise"
    folder.mkdir()
    source_id = next(str(number) for number in range(100) if is_test_noise(str(number)))
    soundfile.write(folder / "fan.flac", buzz(9, 9, 2.0), 16_000)
    with (folder / "metadata.csv").open("w", newline="") as target:
        csv.writer(target).writerows([["file_name", "source_id"], ["fan.flac", source_id]])
    return folder


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "MODEL_CARD.md").write_text("# The old one\n")
    monkeypatch.setattr("training.management.commands.ship_model.SHIPPED_MODEL", folder)
    return folder


@pytest.fixture
def ship(tmp_path, noises):
    corpus = write_corpus(tmp_path / "voices")
    (tmp_path / "LICENSE").write_text("Of the teacher\n")

    def run(checkpoint):
        call_command(
            "ship_model",
            checkpoint,
            corpus=corpus,
            noises=noises,
            other_language=corpus,
            license=tmp_path / "LICENSE",
            cache=tmp_path / "cache",
        )

    return run


def test_shipped_version_is_whole_and_its_card_says_what_was_measured(written_checkpoint, shipped, ship):
    ship(written_checkpoint)
    manifest = verify(shipped)
    Engine.load(shipped, threads=1).self_test()
    test = manifest.metrics["test"]
    assert test["clips"] == 6 and set(test["conditions"]) >= {"snr_10_db", "upper_band", "band_limited"}
    card = (shipped / "MODEL_CARD.md").read_text()
    assert f"| accuracy | {test['accuracy']['value']:.3f} (" in card
    assert f"temperature is {manifest.temperature}" in card
    assert "&#x27;" not in card and "{{" not in card
    assert (shipped / "LICENSE.whisper.txt").read_text() == "Of the teacher\n"
    assert [path.name for path in shipped.parent.glob(".shipping-*")] == []


def test_refused_checkpoint_leaves_the_old_version(written_checkpoint, shipped, ship, tmp_path):
    damaged = shutil.copytree(written_checkpoint, tmp_path / "damaged")
    (damaged / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(CommandError):
        ship(damaged)
    assert (shipped / "MODEL_CARD.md").read_text() == "# The old one\n"
