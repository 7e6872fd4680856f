import numpy as np
import pytest
import soundfile
import torch

from tests.training.corpora import write_metadata
from training.datasets.noises_and_rooms import is_test_noise, read_noises
from training.fitting.augmentation import (
    Augmentation,
    AugmentationSettings,
    add_noise,
    noise_stretch,
)

pytestmark = pytest.mark.slow

NEVER = {name: 0.0 for name in AugmentationSettings.__dataclass_fields__ if name.endswith("_chance")}


def sounds(n_clips=4, samples=16_000):
    return torch.randn(n_clips, samples, generator=torch.Generator().manual_seed(1))


def changed(seed=0, clips=None, **settings):
    clips = sounds() if clips is None else clips
    room = torch.zeros(400)
    room[[100, 250]] = torch.tensor([1.0, 0.5])
    augmentation = Augmentation(AugmentationSettings(**{**NEVER, **settings}), [torch.ones(500)], [room])
    return augmentation(clips, seed)


def level_above(clips, hertz):
    spectrum = torch.fft.rfft(clips).abs().square()
    above = torch.fft.rfftfreq(clips.shape[1], 1 / 16_000) > hertz
    return (spectrum[:, above].sum() / spectrum.sum()).item()


def test_same_seed_gives_the_same_sound():
    everything = dict.fromkeys(NEVER, 1.0)
    assert torch.equal(changed(3, **everything), changed(3, **everything))
    assert not torch.equal(changed(3, **everything), changed(4, **everything))


def test_without_chances_nothing_changes():
    assert torch.allclose(changed(), sounds(), atol=1e-5)


@pytest.mark.parametrize("chance", sorted(NEVER))
def test_each_change_is_heard(chance):
    heard = [changed(seed, **{chance: 1.0}) for seed in range(8)]
    assert any(each.shape != (4, 16_000) or (each - sounds()).abs().max() > 0.1 for each in heard)
    assert all(each.isfinite().all() for each in heard)


def test_low_pass_takes_the_upper_band_away():
    settings = {"low_pass_chance": 1.0, "lowest_low_pass_hz": 3000.0, "highest_low_pass_hz": 3000.0}
    assert level_above(changed(**settings), 4000) < 0.001 < level_above(sounds(), 4000)


def test_noise_has_the_level_that_was_asked_for():
    clean, noise = sounds(), 7 * sounds()[[1, 2, 3, 0]]
    added = add_noise(clean, noise, torch.tensor([20.0, 10.0, 5.0, 0.0])) - clean
    measured = 20 * torch.log10(clean.norm(dim=1) / added.norm(dim=1))
    assert measured.tolist() == pytest.approx([20.0, 10.0, 5.0, 0.0], abs=0.01)


def test_silent_noise_harms_nothing():
    assert add_noise(sounds(), torch.zeros(4, 16_000), torch.full((4,), 10.0)).isfinite().all()


def test_short_noise_is_repeated():
    stretch = noise_stretch(torch.arange(10.0), 35, torch.Generator().manual_seed(0))
    assert len(stretch) == 35
    assert torch.equal((stretch[1:] - stretch[:-1]) % 10, torch.ones(34))


def test_noises_for_testing_are_never_trained_with(tmp_path):
    sources = [f"source {number}" for number in range(20)]
    for number, _ in enumerate(sources):
        soundfile.write(tmp_path / f"{number}.flac", np.full(800, number / 32), 16_000)
    rows = [{"file_name": f"{number}.flac", "source_id": each} for number, each in enumerate(sources)]
    write_metadata(tmp_path, rows)
    kept, used = (
        {round(float(noise[0]) * 32) for noise in read_noises(tmp_path, tmp_path / "cache", for_testing=test)}
        for test in (True, False)
    )
    assert kept == {number for number, each in enumerate(sources) if is_test_noise(each)}
    assert kept and used and kept | used == set(range(20)) and not kept & used
