"""One synthetic voice, in files of many kinds, and whether it comes out as it went in."""

import struct
from functools import cache
from pathlib import Path

import numpy as np

from classifier.audio.limits import Limits
from classifier.audio.quarantine.decoding_job import Decoded
from tests.classifier.audio.formats import waveform_of

CASES = Path(__file__).with_name("cases")
SHARED_CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"
RATE = 16_000
# How alike the voice must be; telephone codecs keep less of it.
ALIKE, ALIKE_BY_TELEPHONE = 0.9, 0.8


def case(name: str) -> bytes:
    return (CASES / name).read_bytes()


@cache
def voice() -> np.ndarray:
    """float32[samples] of the voice, 2.49 s, mono, 16 kHz."""
    return waveform_of(case("reference.wav"), Limits())


def pcm(wave: np.ndarray | None = None, scale: float = 1.0) -> bytes:
    """The voice as 16-bit samples, little-endian."""
    wave = voice() if wave is None else wave
    return np.clip(np.rint(wave * scale * 32_768), -32_768, 32_767).astype("<i2").tobytes()


def chunk(name: bytes, content: bytes, size: int | None = None) -> bytes:
    """A RIFF chunk that claims `size` bytes, by default as many as it has."""
    return (
        struct.pack("<4sI", name, len(content) if size is None else size)
        + content
        + b"\0" * (len(content) & 1)
    )


def wav_format(
    *, kind: int = 1, channels: int = 1, rate: int = RATE, bits: int = 16, width: int = 2
) -> bytes:
    frame = width * channels
    return chunk(b"fmt ", struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits))


def extensible_format(*, valid: int, width: int, channels: int = 1) -> bytes:
    """WAVE_FORMAT_EXTENSIBLE of PCM with `valid` bits in `width` bytes."""
    frame = width * channels
    plain = struct.pack("<HHIIHH", 0xFFFE, channels, RATE, RATE * frame, frame, 8 * width)
    tail = struct.pack("<HHIH", 22, valid, 0, 1) + bytes.fromhex("000000001000800000aa00389b71")
    return chunk(b"fmt ", plain + tail)


def riff(*chunks: bytes, magic: bytes = b"RIFF", size: int | None = None) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if size is None else size) + body


def plain_wav(wave: np.ndarray | None = None) -> bytes:
    return riff(wav_format(), chunk(b"data", pcm(wave)))


def likeness(heard: np.ndarray, wanted: np.ndarray | None = None) -> float:
    """Correlation of two waveforms where they fit best, from 0 to 1."""
    wanted = voice() if wanted is None else wanted
    heard, wanted = heard - heard.mean(), wanted - wanted.mean()
    size = 1 << int(np.ceil(np.log2(heard.size + wanted.size)))
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    energy = np.sqrt(np.square(heard, dtype="f8").sum() * np.square(wanted, dtype="f8").sum())
    return float(np.abs(product).max() / max(energy, 1e-12))


def assert_is_the_voice(decoded: Decoded, *, times: int = 1, least: float = ALIKE) -> None:
    """Length, likeness and hints of the voice, so many `times` one after the other."""
    seconds = decoded.waveform.size / RATE / times
    assert 2.4 <= seconds <= 2.6
    for piece in np.array_split(decoded.waveform, times):
        assert likeness(piece) >= least
    assert decoded.quality.hints == []


def at_rate(rate: int) -> np.ndarray:
    """The voice at another rate, as a straight line from sample to sample."""
    return np.interp(
        np.arange(int(voice().size / RATE * rate)) / rate * RATE, np.arange(voice().size), voice()
    )
