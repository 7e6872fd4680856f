"""One libav stream, resampled to mono at 16 kHz block by block, so memory stays small."""

from collections.abc import Iterator

import av
import numpy as np
import numpy.typing as npt
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from classifier.audio.decoding.graphs import TO_MONO, audio_graph, push
from classifier.audio.decoding.mixing import DownmixMeter

# Frames are gathered before they are resampled: many small steps cost more, and so does one that is too large
# for the processor's cache.
BLOCK_FRAMES = 16_384


class ResampledTrack:
    """Iterates over float32[samples] blocks, mono, 16 kHz, and counts what could not be decoded.

    Values may lie outside [-1, 1] or be NaN where the file has them. Raises av.FFmpegError when the container
    breaks in the middle of the file. All channels are mixed unless one is chosen; `mix` measures the loss.
    """

    def __init__(self, source: InputContainer, stream: AudioStream, channel: int | None = None) -> None:
        self._source = source
        self._stream = stream
        self._channel = channel
        self.mix = DownmixMeter()
        self.codec = stream.codec_context.name
        self.position = 0
        self.samples = 0  # of all channels, in the file's own rate
        self.packets = 0
        self.lost_packets = 0

    def __iter__(self) -> Iterator[npt.NDArray[np.float32]]:
        resampler: _Resampler | None = None
        for frame in self._frames():
            if resampler and not resampler.accepts(frame):
                # Chained Ogg files and some AAC streams change rate or channels on the way.
                yield from resampler.finish()
                resampler = None
            resampler = resampler or _Resampler(frame, self.mix, self._channel)
            yield from resampler.add(frame)
        if resampler:
            yield from resampler.finish()

    def _frames(self) -> Iterator[AudioFrame]:
        for packet in self._source.demux(self._stream):
            self.packets += 1
            self.position = packet.pos or self.position
            try:
                for frame in packet.decode():
                    self.samples += frame.samples * frame.layout.nb_channels
                    yield frame
            except av.InvalidDataError:
                self.lost_packets += 1


class _Resampler:
    """libav's resampler for frames like the first. PyAV's own starts two threads for every file."""

    def __init__(self, first: AudioFrame, mix: DownmixMeter, channel: int | None) -> None:
        self._shape = _shape(first)
        self._mix = mix
        channels = len(first.layout.channels)
        self._is_mixed = channels > 1 and channel is None
        self._gathered = AudioFifo()
        filters = [TO_MONO]
        if channel is not None and channel < channels > 1:
            filters.insert(0, ("pan", f"mono|c0=c{channel}"))
        self._graph = audio_graph(first.sample_rate, first.format.name, first.layout.name, *filters)

    def accepts(self, frame: AudioFrame) -> bool:
        return _shape(frame) == self._shape

    def add(self, frame: AudioFrame) -> Iterator[npt.NDArray[np.float32]]:
        # With timestamps the FIFO would insist on an unbroken sequence, which live recordings do not have.
        frame.pts = None
        self._gathered.write(frame)
        if self._gathered.samples >= BLOCK_FRAMES:
            yield from self._push(self._gathered.read())

    def finish(self) -> Iterator[npt.NDArray[np.float32]]:
        if self._gathered.samples_written and self._gathered.samples:
            yield from self._push(self._gathered.read())
        yield from self._push(None)

    def _push(self, frame: AudioFrame | None) -> Iterator[npt.NDArray[np.float32]]:
        if frame is not None and self._is_mixed:
            self._mix.add(frame)
        for out in push(self._graph, frame):
            yield out.to_ndarray()[0].astype(np.float32, copy=False)


def _shape(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate
