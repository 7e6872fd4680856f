"""Real speech where the shared recordings are at hand, otherwise something with its rhythm."""

from pathlib import Path

import numpy as np

from classifier.audio.limits import Limits
from tests.classifier.audio.formats import tone, waveform_of

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def shared_files(corpus: str, pattern: str = "*.ogg") -> list[Path]:
    """Recordings of a corpus in the shared folder, sorted; empty where there is none."""
    return sorted((SHARED / corpus / "audio").glob(pattern))


def read(path: Path) -> np.ndarray:
    """float32[samples] of a shared recording, mono, 16 kHz."""
    return waveform_of(path.read_bytes(), Limits())


def speech(seconds: float, rate: int = 16_000) -> np.ndarray:
    """float[samples]: words and pauses, at `rate`."""
    if files := shared_files("librispeech"):
        wave = read(files[0])
        at = np.arange(round(seconds * rate)) * 16_000 / rate
        return np.interp(at % wave.size, np.arange(wave.size), wave)
    syllables = np.maximum(0, np.sin(2 * np.pi * 2.5 * np.arange(round(seconds * rate)) / rate)) ** 2
    return syllables * sum(tone(seconds, rate, 130 * k, 0.25 / k) for k in range(1, 12))
