"""Where half precision may be used: not in the parts that work by small differences of large numbers."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Wav2Vec2ForSequenceClassification


def can_use_bfloat16() -> bool:
    """Whether this machine multiplies bfloat16 faster than float32."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return torch.cpu._is_avx512_bf16_supported()


def freeze_front_end(model: Wav2Vec2ForSequenceClassification) -> None:
    """Leave everything before the first block as it is: convolutions, projection and positions."""
    # Their forward is replaced on the instance, which the stubs do not foresee.
    encoder: Any = model.wav2vec2
    for part in (encoder.feature_extractor, encoder.feature_projection, encoder.encoder.pos_conv_embed):
        part.requires_grad_(False)
        part.forward = in_full_precision(part.forward)
    positions = encoder.encoder.pos_conv_embed
    convolution = positions.conv
    if convolution.groups == convolution.in_channels:
        convolution.forward = in_full_precision(_by_spectrum(convolution))


def in_full_precision(forward: Callable[..., Any]) -> Callable[..., Any]:
    """The same computation in float32, whatever surrounds it."""

    def full(*inputs: Tensor) -> Any:
        with torch.autocast(inputs[0].device.type, enabled=False):
            return forward(*(each.float() for each in inputs))

    return full


def _by_spectrum(convolution: nn.Conv1d) -> Callable[[Tensor], Tensor]:
    """A long convolution of each channel by itself, as a product of spectra: six times as fast."""
    kernel, padding = convolution.kernel_size[0], int(convolution.padding[0])

    def convolve(hidden: Tensor) -> Tensor:
        size = hidden.shape[2] + kernel - 1
        spectrum = torch.fft.rfft(hidden, size) * torch.fft.rfft(convolution.weight[:, 0].flip(1), size)
        whole = torch.fft.irfft(spectrum, size)
        start = kernel - 1 - padding
        frames = hidden.shape[2] + 2 * padding - kernel + 1
        cut: Tensor = whole[..., start : start + frames]
        return cut if convolution.bias is None else cut + convolution.bias[:, None]

    return convolve
