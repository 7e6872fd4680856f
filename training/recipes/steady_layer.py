"""A convolution whose layer norm changes nothing but the scale, which it takes back.

Layer norm takes the mean of all channels away and divides by their deviation. Here a few more channels
counterweigh the sum of the others, so the mean is zero, and a few carry constants so large that the
deviation hardly depends on the sound.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

N_CONSTANT = 16
COUNTERWEIGHT_SHARE = 6


@dataclass(frozen=True)
class SteadyLayer:
    """Weights of a convolution and of the norm after it; the first ``real`` channels are those asked for."""

    weight: Tensor
    bias: Tensor
    norm_weight: Tensor
    norm_bias: Tensor
    real: int

    @property
    def width(self) -> int:
        """All channels, those that keep the norm steady among them."""
        return len(self.weight)

    def __call__(self, inputs: Tensor, stride: int = 1) -> Tensor:
        """float32[batch, channels, frames] after convolution, norm and GELU."""
        found = functional.conv1d(inputs, self.weight, self.bias, stride=stride).transpose(1, 2)
        normed = functional.layer_norm(found, (self.width,), self.norm_weight, self.norm_bias)
        return functional.gelu(normed).transpose(1, 2)


def steady_layer(
    weight: Tensor,
    bias: Tensor,
    *,
    deviation: float,
    width_before: int,
    gain: Tensor | None = None,
    shift: float = 0.0,
    pedestal: float = 0.0,
) -> SteadyLayer:
    """A layer that gives ``gelu(gain * (weight * inputs + bias) + shift)`` in its real channels.

    ``deviation`` has to be large beside what the convolution gives. ``width_before`` counts the channels
    of the layer before. The constant channels put out ``pedestal``. Everything is rounded to half precision.
    """
    real = len(weight)
    counterweights = real // COUNTERWEIGHT_SHARE
    width = real + counterweights + N_CONSTANT
    constant = deviation * (width / N_CONSTANT) ** 0.5
    all_weight = torch.zeros(width, width_before, weight.shape[2])
    all_weight[:real, : weight.shape[1]] = _half(weight)
    all_weight[real:-N_CONSTANT] = -all_weight[:real].sum(dim=0) / counterweights
    all_bias = torch.zeros(width)
    all_bias[:real] = _half(bias)
    all_bias[real:-N_CONSTANT] = -all_bias[:real].sum() / counterweights
    all_bias[-N_CONSTANT:] = constant * (-1.0) ** torch.arange(N_CONSTANT)
    norm_weight, norm_bias = torch.zeros(width), torch.zeros(width)
    norm_weight[:real] = deviation if gain is None else gain * deviation
    norm_bias[:real] = shift
    norm_bias[-N_CONSTANT:] = pedestal
    return SteadyLayer(_half(all_weight), _half(all_bias), _half(norm_weight), _half(norm_bias), real)


def _half(weights: Tensor) -> Tensor:
    """As the weights will be stored."""
    return weights.half().float()
