"""The conditions a version is measured under: clean, with noise, with wide-band noise, and band-limited."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from classifier.audio.waveform import SAMPLE_RATE, Waveform
from training.fitting.augmentation import add_noise, noise_stretch

WIDE_BAND_FROM_HZ = 5500.0
WIDE_BAND_DB = -20.0
BAND_LIMITS_HZ = (3000.0, 5500.0)

# A condition changes a waveform; the number of the clip fixes what chance does to it.
Condition = Callable[[Waveform, int], Waveform]


def clean(waveform: Waveform, number: int) -> Waveform:
    """The clip as it is."""
    return waveform


def with_noise(noises: Sequence[Tensor], snr_db: float, seed: int = 0) -> Condition:
    """A stretch of a random recording at ``snr_db``. ``noises`` are float32[samples] never trained with."""

    def noisy(waveform: Waveform, number: int) -> Waveform:
        draw = torch.Generator().manual_seed(seed * 1_000_003 + number)
        noise = noises[int(torch.randint(len(noises), (), generator=draw))]
        stretch = noise_stretch(noise, len(waveform), draw)
        mixed = add_noise(torch.from_numpy(waveform)[None], stretch[None], torch.tensor([snr_db]))
        return np.asarray(mixed[0].numpy(), dtype=np.float32)

    return noisy


def with_upper_band(waveform: Waveform, number: int) -> Waveform:
    """White noise above 5.5 kHz, 20 dB under the clip's level."""
    white = np.random.default_rng((0, number)).standard_normal(len(waveform))
    upper = _keep(white, lambda hertz: hertz >= WIDE_BAND_FROM_HZ)
    level = np.sqrt(np.mean(np.square(waveform))) * 10 ** (WIDE_BAND_DB / 20)
    louder: Waveform = (waveform + upper * level / np.sqrt(np.mean(np.square(upper)))).astype(np.float32)
    return louder


def band_limited(waveform: Waveform, number: int) -> Waveform:
    """Nothing above a random frequency between 3 and 5.5 kHz."""
    cutoff = np.random.default_rng((0, number)).uniform(*BAND_LIMITS_HZ)
    return _keep(waveform, lambda hertz: hertz < cutoff).astype(np.float32)


def _keep(waveform: np.ndarray, chosen: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    spectrum = np.fft.rfft(waveform)
    hertz = np.fft.rfftfreq(len(waveform), 1 / SAMPLE_RATE)
    return np.fft.irfft(spectrum * chosen(hertz), len(waveform))
