"""Convolutions that compute the teacher's input, its log mel spectrum, so that its weights can follow.

A Wav2Vec2 front end knows only convolution, layer norm over the channels and GELU. That is enough.
``gelu(x) + gelu(-x)`` is about x² for small x and the size of x for large, so sines and cosines of both
signs give the power in a frequency. A row of stairs ``gelu(s (1 - power / threshold))`` with rising
thresholds, each falling from s to 0, adds up to a logarithm.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from training.recipes.steady_layer import SteadyLayer, steady_layer
from training.recipes.teacher import HOP, WINDOW, Teacher

# Nothing above 5.5 kHz is used: the training clips end there, and what microphones record does not.
N_BINS = 136
STEPS = 8
STEEPNESS = 2.5
# What the loudest frames give: below 1 the GELU pair squares, above it grows in proportion. Squares alone
# would spread over more decades than half precision has.
LOUDEST = 30.0
NEARLY_ALL = 0.999
# How far the lowest threshold may lie below the loudest power, so that its gain fits half precision.
DECADES = 4.3
RIDGE = 1e-5
# Deviations of the layers' constants, large beside the sound.
FILTERS_DEVIATION = 1.0
STAIRS_DEVIATION = 1.0
DEVIATION = 40.0
PEDESTAL = 200.0

CONV_KERNEL = (WINDOW, 1, 3, 3)
CONV_STRIDE = (HOP, 1, 1, 2)


def fit_front_end(teacher: Teacher, waveforms: Sequence[Tensor]) -> list[SteadyLayer]:
    """The four layers; gains and thresholds are chosen on ``waveforms``.

    ``waveforms`` are float32[samples] at 16 kHz, each of zero mean and unit variance.
    """
    filters = _fit_filters(waveforms)
    powers = [filters(each[None, None], HOP) for each in waveforms]
    covered = [band for band, row in enumerate(teacher.filters) if not row[N_BINS + 1 :].any()]
    stairs = _fit_stairs(teacher.filters[covered, 1 : N_BINS + 1], filters, torch.cat(powers, dim=2)[0])
    steps = torch.cat([stairs(each)[0, : stairs.real] for each in powers], dim=1)
    target = torch.cat([_aligned_log_mel(teacher, each) for each in waveforms], dim=1)
    combination, offset = _least_squares(steps, target, covered)
    (weight, bias), (second_weight, second_bias) = teacher.convolutions
    first = steady_layer(
        torch.einsum("obk,bc->ock", weight, combination),
        bias + torch.einsum("obk,b->o", weight, offset),
        deviation=DEVIATION,
        width_before=stairs.width,
    )
    second = steady_layer(
        second_weight, second_bias, deviation=DEVIATION, width_before=first.width, pedestal=PEDESTAL
    )
    return [filters, stairs, first, second]


def _fit_filters(waveforms: Sequence[Tensor]) -> SteadyLayer:
    """Windowed cosines and sines of both signs, brought to one level in all frequencies."""
    phase = 2 * torch.pi / WINDOW * torch.arange(1, N_BINS + 1)[:, None] * torch.arange(WINDOW)
    waves = torch.cat([phase.cos(), phase.sin()]) * torch.hann_window(WINDOW) * (2 / WINDOW)
    found = torch.cat([torch.conv1d(each[None], waves[:, None], stride=HOP) for each in waveforms], dim=1)
    loudest = _quantile(found.abs(), NEARLY_ALL).view(2, -1).amax(dim=0)
    both = torch.cat([waves, -waves])[:, None]
    gain = (LOUDEST / loudest).repeat(4)
    return steady_layer(both, torch.zeros(len(both)), gain=gain, deviation=FILTERS_DEVIATION, width_before=1)


def _fit_stairs(bands: Tensor, filters: SteadyLayer, powers: Tensor) -> SteadyLayer:
    """The power of each band before STEPS thresholds at even distances on a logarithmic scale."""
    gain = filters.norm_weight[:N_BINS]
    shares = (bands / gain**2).repeat(1, 4)
    band_power = shares @ powers[: filters.real]
    shares /= _quantile(band_power, NEARLY_ALL)[:, None]
    logs = (shares @ powers[: filters.real]).clamp_min(1e-9).log10()
    low = _quantile(logs, 1 - NEARLY_ALL)[:, None].clamp_min(-DECADES)
    thresholds = 10 ** (low * (1 - (torch.arange(STEPS) / STEPS)))
    return steady_layer(
        shares.repeat_interleave(STEPS, dim=0)[..., None],
        torch.zeros(thresholds.numel()),
        gain=(-STEEPNESS / thresholds).flatten(),
        shift=STEEPNESS,
        deviation=STAIRS_DEVIATION,
        width_before=filters.width,
    )


def _aligned_log_mel(teacher: Teacher, waveform: Tensor) -> Tensor:
    """float32[80, frames]: the teacher's frames centre on multiples of the hop, ours half a window later."""
    frames = (len(waveform) - WINDOW) // HOP + 1
    return teacher.log_mel(waveform[None, WINDOW // 2 - HOP :])[0, :, 1 : frames + 1]


def _least_squares(steps: Tensor, target: Tensor, covered: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Combination float32[80, channels] and offset float32[80] that turn steps into the log mel spectrum."""
    combination, offset = torch.zeros(len(target), len(steps)), target.mean(dim=1)
    for row, band in enumerate(covered):
        # Neighbouring bands share frequencies, so they help where one band's own steps are coarse.
        near = torch.arange(max(0, row - 1) * STEPS, min(len(covered), row + 2) * STEPS)
        mean = steps[near].mean(dim=1, keepdim=True)
        centred = (steps[near] - mean).double()
        square = centred @ centred.T / centred.shape[1] + RIDGE * torch.eye(len(near)).double()
        cross = centred @ (target[band] - offset[band]).double() / centred.shape[1]
        combination[band, near] = torch.linalg.solve(square, cross).float()
        offset[band] -= (combination[band, near] @ mean).item()
    return combination, offset


def _quantile(values: Tensor, share: float) -> Tensor:
    """Per row; torch's own refuses large inputs."""
    return values.sort(dim=1).values[:, round(share * (values.shape[1] - 1))]
