import pytest

from tests.training.tiny_model import LABELS
from training.datasets.corpus import CorpusClip
from training.exceptions import CorpusRefused
from training.fitting.augmentation import AugmentationSettings
from training.fitting.batches import SimilarLengths, soft_targets
from training.fitting.hyperparameters import Hyperparameters

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize(
    ("written", "code", "told"),
    [
        ('{"augmentation": {"echo": 1}}', "unknown_setting", "no setting augmentation.echo"),
        ('{"teacher": 1, "epochs": 0}', "unknown_setting", "no setting teacher"),
        ('{"trained": "full"}', "bad_setting", "trained: Input should be 'all', 'top' or 'head'"),
        ('{"epochs": 0, "seed": "x"}', "bad_setting", "seed: .*valid integer; epochs: .*greater than 0"),
        ('{"learning_rate": NaN}', "bad_setting", "learning_rate: .*finite"),
        ('{"augmentation": {"noise_chance": 2}}', "bad_setting", "augmentation.noise_chance"),
        ('{"augmentation": 3}', "bad_setting", "augmentation: "),
        ("[1]", "unreadable_config", "cannot be read"),
        ("{", "unreadable_config", "cannot be read"),
        ("", "unreadable_config", "cannot be read"),
    ],
)
def test_settings_that_cannot_be_used_are_named(written, code, told, tmp_path):
    (tmp_path / "config.json").write_text(written)
    with pytest.raises(CorpusRefused, match=told) as refused:
        Hyperparameters.read(tmp_path / "config.json")
    assert refused.value.code == code


def test_settings_survive_writing(tmp_path):
    chosen = Hyperparameters(epochs=2, augmentation=AugmentationSettings(noise_chance=0.9))
    chosen.write(tmp_path / "config.json")
    assert Hyperparameters.read(tmp_path / "config.json") == chosen
