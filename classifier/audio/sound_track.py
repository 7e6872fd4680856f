"""The sound of one libav stream, brought to mono at 16 kHz piece by piece, so memory stays small."""

from collections.abc import Iterator
from contextlib import suppress

import av
import numpy as np
import numpy.typing as npt
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.filter import Graph

from classifier.audio.waveform import SAMPLE_RATE

# Frames are gathered before they are resampled: many small steps cost more, and so does one that is too large
# for the processor's cache.
BLOCK_FRAMES = 16_384
# The level of a mixed-down clip stays below full scale, and no channel is left out, not even a "subwoofer":
# recorders number their microphones and libav takes the third or fourth for one.
RESAMPLE_OPTIONS = {
    "out_sample_rate": str(SAMPLE_RATE),
    "out_chlayout": "mono",
    "out_sample_fmt": "flt",
    "rematrix_maxval": "1.0",
    "lfe_mix_level": "1.0",
}


class SoundTrack:
    """Iterates over float32[samples] blocks, mono, 16 kHz, and counts what could not be decoded.

    Values may lie outside [-1, 1] or be NaN where the file says so. Raises av.FFmpegError when the container
    breaks in the middle of the file.
    """

    def __init__(self, source: InputContainer, stream: AudioStream) -> None:
        self._source = source
        self._stream = stream
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
            resampler = resampler or _Resampler(frame)
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

    def __init__(self, first: AudioFrame) -> None:
        self._shape = _shape(first)
        self._gathered = AudioFifo()
        self._graph = Graph()
        self._graph.threads = 1
        source = self._graph.add(
            "abuffer",
            sample_rate=str(first.sample_rate),
            sample_fmt=first.format.name,
            channel_layout=first.layout.name,
            time_base=f"1/{first.sample_rate}",
        )
        resample = self._graph.add("aresample", **RESAMPLE_OPTIONS)
        self._graph.link_nodes(source, resample, self._graph.add("abuffersink")).configure()

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
        self._graph.push(frame)
        with suppress(av.BlockingIOError, av.EOFError):
            while True:
                out = self._graph.pull()
                if isinstance(out, AudioFrame):
                    yield out.to_ndarray()[0].astype(np.float32, copy=False)


def _shape(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate
