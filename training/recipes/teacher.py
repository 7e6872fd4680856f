"""The audio encoder of Whisper tiny.en: the speech encoder whose weights the shipped model starts from."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

WINDOW = 400
HOP = 160
N_BINS = WINDOW // 2 + 1
WIDTH = 384
HEADS = 6
# The level that waveforms are brought to: speech in the clips that the encoder was trained on.
LEVEL = 0.05


class Block(nn.Module):
    """A pre-norm transformer block: float32[batch, frames, width] to the same."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, hidden: Tensor) -> Tensor:
        hidden = hidden + self._attention(self._norm("attn_ln", hidden))
        inner = functional.gelu(self._linear("mlp.0", self._norm("mlp_ln", hidden)))
        return hidden + self._linear("mlp.2", inner)

    def _attention(self, hidden: Tensor) -> Tensor:
        batch, frames, width = hidden.shape
        query, key, value = (
            self._linear(f"attn.{name}", hidden).view(batch, frames, HEADS, -1).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return self._linear("attn.out", mixed.transpose(1, 2).reshape(batch, frames, width))

    def _linear(self, name: str, hidden: Tensor) -> Tensor:
        return functional.linear(hidden, self.weights[f"{name}.weight"], self.weights.get(f"{name}.bias"))

    def _norm(self, name: str, hidden: Tensor) -> Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return functional.layer_norm(hidden, hidden.shape[-1:], weight, bias)


class Teacher(nn.Module):
    """Reads ``encoder.safetensors`` and ``mel_filters.npz``; clips run at their own length."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        stored = load_file(folder / "encoder.safetensors")
        weights = {name.removeprefix("encoder."): weight.float() for name, weight in stored.items()}
        with np.load(folder / "mel_filters.npz") as filters:
            self.filters = torch.from_numpy(filters["mel_80"]).float()
        self.positions = weights["positional_embedding"]
        self.convolutions = [(weights[f"conv{n}.weight"], weights[f"conv{n}.bias"]) for n in (1, 2)]
        self.block_weights = [_below(weights, f"blocks.{number}.") for number in range(4)]
        self.blocks = nn.ModuleList(Block(each) for each in self.block_weights)

    def forward(self, waveform: Tensor) -> list[Tensor]:
        """Hidden states before the first and after each block, float32[batch, frames, width], 20 ms apart."""
        hidden = self.log_mel(waveform)
        for stride, (weight, bias) in enumerate(self.convolutions, start=1):
            hidden = functional.gelu(functional.conv1d(hidden, weight, bias, stride=stride, padding=1))
        hidden = hidden.transpose(1, 2)
        states = [hidden + self.positions[: hidden.shape[1]]]
        for block in self.blocks:
            states.append(block(states[-1]))
        return states

    def log_mel(self, waveform: Tensor) -> Tensor:
        """float32[batch, 80, frames], 10 ms apart, of float32[batch, samples] brought to one level."""
        levelled = waveform * (LEVEL / waveform.std(dim=1, keepdim=True).clamp_min(1e-5))
        spectrum = torch.stft(
            levelled, WINDOW, HOP, window=torch.hann_window(WINDOW), return_complex=True, pad_mode="reflect"
        )
        power = spectrum[..., :-1].abs() ** 2
        log = (self.filters @ power).clamp_min(1e-10).log10()
        log = log.maximum(log.amax(dim=(1, 2), keepdim=True) - 8.0)
        return (log + 4.0) / 4.0


def _below(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}
