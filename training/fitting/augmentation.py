"""Makes clips sound as if recorded elsewhere: other rooms, noises, microphones and paces.

Everything draws from one generator, so equal seeds give equal sound.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor

from classifier.audio.waveform import SAMPLE_RATE

# Paces as fractions in lowest terms: resampling by them is cheap.
PACES = ((9, 10), (19, 20), (1, 1), (21, 20), (11, 10))
ROLL_OFF_HZ = 150.0

# More than any corpus has clips, so that no two copies of clips share what chance does to them.
SEEDS_APART = 10_000_019

Share = Annotated[float, Field(ge=0, le=1)]
Change = Callable[[Tensor, torch.Generator], Tensor]
# Waveforms float32[1, samples] and the number of the clip, to what is heard instead.
ClipChange = Callable[[Tensor, int], Tensor]


@dataclass(frozen=True)
class AugmentationSettings:
    """How often and how strongly each change is made. Chances are per clip; pace is a whole batch's."""

    pace_chance: Share = 0.5
    room_chance: Share = 0.25
    noise_chance: Share = 0.5
    lowest_snr_db: float = 0.0
    highest_snr_db: float = 30.0
    gain_chance: Share = 0.1
    highest_gain_db: float = 12.0
    low_pass_chance: Share = 0.3
    lowest_low_pass_hz: PositiveFloat = 3000.0
    highest_low_pass_hz: PositiveFloat = 8000.0
    band_mask_chance: Share = 0.3
    widest_band_hz: PositiveFloat = 500.0
    time_mask_chance: Share = 0.3
    longest_time_mask_s: NonNegativeFloat = 0.2


class Augmentation:
    """Changes batches of waveforms. ``noises`` and ``rooms`` are float32[samples] at 16 kHz."""

    def __init__(
        self, settings: AugmentationSettings, noises: Sequence[Tensor] = (), rooms: Sequence[Tensor] = ()
    ) -> None:
        self.settings = settings
        self._noises = tuple(noises)
        self._rooms = tuple(_from_first_arrival(room) for room in rooms)

    def __call__(self, waveforms: Tensor, seed: int) -> Tensor:
        """float32[batch, samples] to the same; the number of samples may change, alike for all."""
        draw = torch.Generator().manual_seed(seed)
        chosen = self.settings
        waveforms = self._pace(waveforms, draw)
        if self._rooms:
            waveforms = _some(waveforms, chosen.room_chance, draw, self._in_room)
        if self._noises:
            waveforms = _some(waveforms, chosen.noise_chance, draw, self._with_noise)
        waveforms = _some(waveforms, chosen.gain_chance, draw, self._overdriven)
        waveforms = self._filtered(waveforms, draw)
        return _some(waveforms, chosen.time_mask_chance, draw, self._interrupted)

    def _pace(self, waveforms: Tensor, draw: torch.Generator) -> Tensor:
        from torchaudio.functional import resample

        before, after = PACES[int(torch.randint(len(PACES), (), generator=draw))]
        if before == after or float(torch.rand((), generator=draw)) >= self.settings.pace_chance:
            return waveforms
        changed: Tensor = resample(waveforms, before, after, lowpass_filter_width=4)
        return changed

    def _in_room(self, waveforms: Tensor, draw: torch.Generator) -> Tensor:
        from torchaudio.functional import fftconvolve

        heard = []
        for waveform in waveforms:
            room = self._rooms[int(torch.randint(len(self._rooms), (), generator=draw))]
            heard.append(fftconvolve(waveform, room)[: len(waveform)])
        return torch.stack(heard)

    def _with_noise(self, waveforms: Tensor, draw: torch.Generator) -> Tensor:
        low, high = self.settings.lowest_snr_db, self.settings.highest_snr_db
        snr_db = low + (high - low) * torch.rand(len(waveforms), generator=draw)
        stretches = [
            noise_stretch(
                self._noises[int(torch.randint(len(self._noises), (), generator=draw))],
                waveforms.shape[1],
                draw,
            )
            for _ in waveforms
        ]
        return add_noise(waveforms, torch.stack(stretches), snr_db)

    def _overdriven(self, waveforms: Tensor, draw: torch.Generator) -> Tensor:
        gain_db = self.settings.highest_gain_db * torch.rand(len(waveforms), 1, generator=draw)
        peak = waveforms.abs().amax(dim=1, keepdim=True)
        return (waveforms * 10 ** (gain_db / 20)).clamp(-peak, peak)

    def _filtered(self, waveforms: Tensor, draw: torch.Generator) -> Tensor:
        """A low-pass at a random frequency, and a random band left out."""
        chosen, n_clips = self.settings, len(waveforms)
        hertz = torch.fft.rfftfreq(waveforms.shape[1], 1 / SAMPLE_RATE)[None]
        chance = torch.rand(n_clips, 5, 1, generator=draw)
        span = chosen.highest_low_pass_hz - chosen.lowest_low_pass_hz
        low_pass = _pass_below(hertz, chosen.lowest_low_pass_hz + span * chance[:, 0])
        lower = 4000.0 * chance[:, 1] ** 2
        band = (hertz > lower) & (hertz < lower + chosen.widest_band_hz * chance[:, 2])
        kept = torch.where(chance[:, 3] < chosen.low_pass_chance, low_pass, torch.ones(()))
        kept = torch.where((chance[:, 4] < chosen.band_mask_chance) & band, torch.zeros(()), kept)
        limited: Tensor = torch.fft.irfft(torch.fft.rfft(waveforms) * kept, waveforms.shape[1])
        return limited

    def _interrupted(self, waveforms: Tensor, draw: torch.Generator) -> Tensor:
        longest = self.settings.longest_time_mask_s * SAMPLE_RATE
        length = longest * torch.rand(len(waveforms), 1, generator=draw)
        start = (waveforms.shape[1] - length) * torch.rand(len(waveforms), 1, generator=draw)
        position = torch.arange(waveforms.shape[1])
        return waveforms.masked_fill((position >= start) & (position < start + length), 0.0)


def changed_copies(augmentation: Augmentation | None, seed: int, copies: int) -> list[ClipChange | None]:
    """What is done to each copy of the clips: to the first nothing."""
    if augmentation is None:
        return [None]
    seeds = [(seed + copy) * SEEDS_APART for copy in range(1, copies)]
    return [None, *(partial(_change_clip, augmentation, each) for each in seeds)]


def _change_clip(augmentation: Augmentation, seed: int, waveform: Tensor, number: int) -> Tensor:
    return augmentation(waveform, seed + number)


def add_noise(waveforms: Tensor, noise: Tensor, snr_db: Tensor) -> Tensor:
    """float32[batch, samples] with noise of the same shape at ``snr_db``, float32[batch]."""
    from torchaudio import functional

    # Digital silence has no level to scale by.
    audible = noise + 1e-6 * (-1.0) ** torch.arange(noise.shape[1])
    noisy: Tensor = functional.add_noise(waveforms, audible, snr_db)
    return noisy


def noise_stretch(noise: Tensor, samples: int, draw: torch.Generator) -> Tensor:
    """A random stretch of a recording, which is repeated where it is too short: float32[samples]."""
    repeated = noise.repeat(-(-samples // len(noise)) + 1)
    start = int(torch.randint(len(noise), (), generator=draw))
    return repeated[start : start + samples]


def is_test_noise(source_id: str) -> bool:
    """Whether noise of this source is kept for testing, a fifth of all, and never trained with."""
    return int(hashlib.sha1(source_id.encode(), usedforsecurity=False).hexdigest(), 16) % 5 == 0


def _some(waveforms: Tensor, chance: float, draw: torch.Generator, change: Change) -> Tensor:
    """Change the clips that the dice choose."""
    chosen = torch.rand(len(waveforms), generator=draw) < chance
    if not chosen.any():
        return waveforms
    changed = waveforms.clone()
    changed[chosen] = change(waveforms[chosen], draw)
    return changed


def _pass_below(hertz: Tensor, cutoff: Tensor) -> Tensor:
    return torch.sigmoid((cutoff - hertz) / ROLL_OFF_HZ)


def _from_first_arrival(room: Tensor) -> Tensor:
    """The response without the delay before the direct sound, at unit energy."""
    direct = int(room.abs().argmax())
    response = room[max(0, direct - 16) :]
    unit: Tensor = response / response.norm().clamp_min(1e-6)
    return unit
