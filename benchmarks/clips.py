"""Uploads of exactly three seconds, every one a different waveform: a repeated one is answered early."""

import io
import itertools
import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio import AudioStream
from numpy.typing import NDArray

SAMPLE_RATE = 16_000
OPUS_RATE = 48_000
SECONDS = 3
FORMATS = ("wav", "webm")
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SPEECH_DIR = Path(os.environ.get("SPEECH_DIR", SHARED_DATA)) / "crema-d" / "audio"


def uploads(kind: str, count: int, seed: int = 0) -> list[bytes]:
    """``count`` files of the kind ``wav`` (16 kHz mono) or ``webm`` (Opus, 48 kHz mono)."""
    rate = SAMPLE_RATE if kind == "wav" else OPUS_RATE
    sources = itertools.cycle(_speech(rate, 40))
    rng = np.random.default_rng(seed)
    return [_encode(kind, _vary(next(sources), rng), rate) for _number in range(count)]


def _speech(rate: int, count: int) -> list[NDArray[np.int16]]:
    """Real speech where there is some, repeated to three seconds; otherwise hum with noise."""
    files = sorted(SPEECH_DIR.glob("*.ogg"))[:count]
    if files:
        return [np.resize(_decode(path, rate), SECONDS * rate) for path in files]
    time = np.arange(SECONDS * rate) / rate
    hums = (np.sin(2 * np.pi * (100 + 5 * number) * time) for number in range(count))
    return [(hum * 8000).astype(np.int16) for hum in hums]


def _decode(path: Path, rate: int) -> NDArray[np.int16]:
    resampler = av.AudioResampler("s16", "mono", rate)
    with av.open(str(path)) as container:
        frames = (out for frame in container.decode(audio=0) for out in resampler.resample(frame))
        return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def _vary(waveform: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int16]:
    noise = rng.integers(-20, 21, waveform.size)
    varied: NDArray[np.int16] = np.clip(waveform + noise, -32768, 32767).astype(np.int16)
    return varied


def _encode(kind: str, waveform: NDArray[np.int16], rate: int) -> bytes:
    file = io.BytesIO()
    codec = "pcm_s16le" if kind == "wav" else "libopus"
    with av.open(file, "w", format=kind) as container:
        stream = cast(AudioStream, container.add_stream(codec, rate=rate, layout="mono"))
        for frame in _frames(waveform, rate):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _frames(waveform: NDArray[np.int16], rate: int) -> Iterator[av.AudioFrame]:
    step = rate // 50
    for start in range(0, waveform.size, step):
        frame = av.AudioFrame.from_ndarray(waveform[None, start : start + step], format="s16", layout="mono")
        frame.rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame
