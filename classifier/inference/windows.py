"""How a clip is cut into equal, overlapping windows."""

from typing import Any, Protocol, Self, TypeVar

WINDOW_S = 5.0
HOP_S = 2.5
SHORTEST_S = 0.3


class Sliceable(Protocol):
    """What NumPy's arrays and torch's tensors have in common here; torch is not imported for it."""

    @property
    def shape(self) -> Any: ...

    def __getitem__(self, index: Any) -> Self: ...


AnyWaveform = TypeVar("AnyWaveform", bound=Sliceable)


def window_starts(samples: int, window: int, hop: int) -> list[int]:
    """First sample of each window of a clip; all arguments are numbers of samples.

    A clip that fits into one window is one window of its own length. Otherwise every window has the
    full length, and the last one ends where the clip ends, however much it overlaps the one before.
    """
    if samples <= window:
        return [0]
    starts = list(range(0, samples - window + 1, hop))
    if starts[-1] + window < samples:
        starts.append(samples - window)
    return starts


def cut_windows(waveform: AnyWaveform, window: int, hop: int) -> list[AnyWaveform]:
    """The windows of a clip, views on its last axis: arrays or tensors of float32[..., samples]."""
    starts = window_starts(waveform.shape[-1], window, hop)
    return [waveform[..., start : start + window] for start in starts]


def windowed_seconds(duration_s: float, window_s: float = WINDOW_S, hop_s: float = HOP_S) -> float:
    """Seconds of audio that the model runs on for a clip of ``duration_s``, overlaps counted twice."""
    if duration_s <= window_s:
        return duration_s
    count = len(window_starts(round(duration_s * 1000), round(window_s * 1000), round(hop_s * 1000)))
    return count * window_s
