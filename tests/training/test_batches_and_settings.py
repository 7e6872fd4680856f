import pytest

from tests.training.tiny_model import LABELS
from training.augmentation import AugmentationSettings
from training.batches import SimilarLengths, soft_targets
from training.corpus import CorpusClip
from training.exceptions import CorpusRefused
from training.hyperparameters import Hyperparameters


def test_batches_hold_each_clip_once_and_change_with_the_epoch():
    sampler = SimilarLengths(list(range(1000, 1100)), 8, seed=3)
    epochs = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        epochs.append([draw for batch in sampler for draw in batch])
    assert sorted(number for number, _ in epochs[0]) == list(range(100))
    assert epochs[0] == epochs[2] != epochs[1]
    assert len(list(sampler)) == len(sampler)


def test_votes_soften_the_target():
    clips = [
        CorpusClip(None, "sad", "ann", "train", (0, 0, 3, 1, 0, 0)),
        CorpusClip(None, "sad", "ann", "train"),
    ]
    softened, plain = soft_targets(clips, LABELS, 0.2).tolist()
    assert softened == pytest.approx([0, 0, 0.95, 0.05, 0, 0])
    assert plain == [0, 0, 1, 0, 0, 0]


def test_unknown_setting_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"augmentation": {"echo": 1}}')
    with pytest.raises(CorpusRefused, match="unknown_setting"):
        Hyperparameters.read(tmp_path / "config.json")


def test_settings_survive_writing(tmp_path):
    chosen = Hyperparameters(epochs=2, augmentation=AugmentationSettings(noise_chance=0.9))
    chosen.write(tmp_path / "config.json")
    assert Hyperparameters.read(tmp_path / "config.json") == chosen
