"""The one form in which the product handles sound, and its exact 16-bit form that is stored and hashed."""

import hashlib

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
FULL_SCALE = 32_768
# Two steps of 16 bits either way: lossy codecs leave that much where there was nothing.
SILENCE_STEPS = 4

Waveform = npt.NDArray[np.float32]
Pcm = npt.NDArray[np.int16]


def to_pcm(waveform: npt.NDArray[np.floating]) -> Pcm:
    """Round float[samples] to int16[samples]; values outside [-1, 1) are clipped."""
    steps = np.rint(np.clip(waveform, -1, 1) * np.float32(FULL_SCALE))
    pcm: Pcm = np.minimum(steps, FULL_SCALE - 1).astype(np.int16)
    return pcm


def to_waveform(pcm: Pcm) -> Waveform:
    """int16[samples] as float32[samples] in [-1, 1]; `to_pcm` gives back exactly the same samples."""
    return pcm.astype(np.float32) / np.float32(FULL_SCALE)


def checksum(waveform: Waveform) -> str:
    """SHA-256 in hexadecimal over the samples as little-endian int16: equal sound, equal checksum."""
    return hashlib.sha256(to_pcm(waveform).astype("<i2").tobytes()).hexdigest()


def is_digital_silence(waveform: Waveform) -> bool:
    """Whether float32[samples] in [-1, 1] holds no sound at all, such as a muted microphone gives."""
    if not waveform.size:
        return True
    return float(waveform.max() - waveform.min()) * FULL_SCALE <= SILENCE_STEPS
