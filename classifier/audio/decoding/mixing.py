"""Measures what is lost when channels are mixed down to one, and picks the channel to use instead.

Channels that are each other's mirror image, as a balanced cable read as stereo gives them, leave nothing of a
voice when they are added up. Energy is measured before and after, near the frequencies of speech.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame, format_dtypes

from classifier.audio.decoding.graphs import TO_MONO, audio_graph, push
from classifier.audio.waveform import SAMPLE_RATE

# About so many samples per second are measured; differences between them leave out hum and constant offsets.
MEASURED_RATE = 4_000
# A channel beside a dead one loses 6 dB, which is harmless. From 7 dB on the mix is far weaker than it was.
WEAK = 0.2
# Sounds that have nothing to do with each other add up their energy. With half of it or less they cancel.
CANCELLED = 0.5
# So much of the energy is in one channel, or was lost in blocks that cancel, that the mix is no use.
NEARLY_ALL, A_PART = 0.95, 0.1
# As many planes fit into a frame's own list of them.
MOST_PLANES = 8
Energies = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float64]


class DownmixMeter:
    """Measures every block of frames before it is mixed down."""

    def __init__(self) -> None:
        self._blocks: list[Energies] = []
        self._weights = np.zeros(0)

    def add(self, frame: AudioFrame) -> None:
        """Frames of several channels. Those with another number of them than the first are passed over."""
        channels = len(frame.layout.channels)
        if not self._blocks:
            self._weights = mix_weights(frame.layout.name, channels)
        if channels == self._weights.size:
            self._blocks.extend(_energies(frame, channels))

    def better_channel(self) -> int | None:
        """The strongest channel where the mix is far weaker, or None where the mix is right."""
        if not self._blocks:
            return None
        blocks = np.array(self._blocks)
        each = blocks.diagonal(axis1=1, axis2=2)
        mixed = np.einsum("c,bcd,d->b", self._weights, blocks, self._weights)
        cancels = mixed < CANCELLED * (each @ self._weights**2)
        total = each.sum(axis=0)
        loud = total.max()
        # Many channels without sound dilute the one that has it.
        is_alone = mixed.sum() < WEAK * loud and loud > NEARLY_ALL * total.sum()
        lost = each[cancels].max(axis=1, initial=0).sum()
        return int(total.argmax()) if is_alone or lost > A_PART * loud else None


def _energies(frame: AudioFrame, channels: int) -> Iterator[Energies]:
    """Energy of each channel and each pair in each quarter of a second: float64[channels, channels]."""
    step = max(1, frame.sample_rate // MEASURED_RATE)
    frame = _packed(frame, channels)
    per_plane = 1 if frame.format.is_planar else channels
    kind = format_dtypes[frame.format.name]
    planes = [np.frombuffer(memoryview(plane), kind, frame.samples * per_plane) for plane in frame.planes]
    samples = np.stack([plane.reshape(-1, per_plane)[::step].T for plane in planes])
    samples = samples.reshape(channels, -1).T.astype(np.float32)
    # Samples that are no numbers are refused elsewhere.
    with np.errstate(all="ignore"):
        changes = samples[1:] - samples[:-1]
        for start in range(0, len(changes), MEASURED_RATE // 4):
            block = changes[start : start + MEASURED_RATE // 4]
            yield (block.T @ block).astype(np.float64)


def _packed(frame: AudioFrame, channels: int) -> AudioFrame:
    """As one plane where there are as many as fit: PyAV 18.1 looks for the end of such a list behind it."""
    if not frame.format.is_planar or channels < MOST_PLANES:
        return frame
    packed = ("aformat", f"sample_fmts={frame.format.packed.name}")
    return next(push(audio_graph(frame.sample_rate, frame.format.name, frame.layout.name, packed), frame))


@cache
def mix_weights(layout: str, channels: int) -> Weights:
    """The weight of each channel in libav's mix of this layout, measured with libav itself."""
    # One channel after the other is one, the others are zero.
    impulses = np.eye(channels, dtype=np.float32).reshape(1, -1)
    frame = AudioFrame.from_ndarray(impulses, format="flt", layout=layout)
    frame.sample_rate = SAMPLE_RATE
    mixed = next(push(audio_graph(SAMPLE_RATE, "flt", layout, TO_MONO), frame))
    shares: npt.NDArray[np.float64] = mixed.to_ndarray()[0].astype(np.float64)
    return shares
