"""What the page draws of a clip: the outline for the player and a spectrogram. Needs numpy only."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from classifier.audio.waveform import SAMPLE_RATE, Waveform

WINDOW_SAMPLES = 400
HOP_SAMPLES = 160
FFT_SAMPLES = 1024
RANGE_DB = 80.0
# The picture of a clip without any sound stays black instead of showing its rounding errors.
QUIETEST_TOP_DB = -40.0
# A column of a long clip is the mean of this many windows spread over it: time and memory stay bounded.
WINDOWS_PER_FRAME = 8
BLOCK_FRAMES = 128


def peaks(waveform: Waveform, n: int = 800) -> list[float]:
    """The largest magnitude in each of `n` equal parts, three decimals; fewer parts for fewer samples."""
    parts = min(n, waveform.size)
    if not parts:
        return []
    starts = np.arange(parts) * waveform.size // parts
    tops: list[float] = np.maximum.reduceat(np.abs(waveform), starts).astype(np.float64).round(3).tolist()
    return tops


def mel_spectrogram(waveform: Waveform, *, bins: int = 80, max_frames: int = 1200) -> npt.NDArray[np.uint8]:
    """uint8[frames, bins] of float32[samples], mono, 16 kHz: 255 is the loudest value, 0 is 80 dB below it.

    A frame is 10 ms, or longer where the clip would need more than `max_frames`. Low frequencies come first.
    """
    padded = np.pad(waveform, (0, max(0, WINDOW_SAMPLES - waveform.size)))
    n_hops = 1 + (padded.size - WINDOW_SAMPLES) // HOP_SAMPLES
    n_frames = min(n_hops, max_frames)
    per_frame = min(WINDOWS_PER_FRAME, -(-n_hops // n_frames))
    last = padded.size - WINDOW_SAMPLES
    starts = np.linspace(0, last, n_frames * per_frame).astype(np.int64).reshape(n_frames, per_frame)
    power = np.concatenate(
        [_mel_power(padded, starts[i : i + BLOCK_FRAMES], bins) for i in range(0, n_frames, BLOCK_FRAMES)]
    )
    decibels = 10 * np.log10(np.maximum(power, 1e-12))
    top = max(float(decibels.max()), QUIETEST_TOP_DB)
    scaled = np.clip((decibels - top) / RANGE_DB + 1, 0, 1) * 255
    pixels: npt.NDArray[np.uint8] = scaled.round().astype(np.uint8)
    return pixels


def _mel_power(waveform: Waveform, starts: npt.NDArray[np.int64], bins: int) -> npt.NDArray[np.float32]:
    """Mean mel power float32[frames, bins] of the windows that begin at int64[frames, windows per frame]."""
    windows = np.lib.stride_tricks.sliding_window_view(waveform, WINDOW_SAMPLES)[starts.ravel()]
    spectrum = np.fft.rfft(windows * _window(), n=FFT_SAMPLES, axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    mel: npt.NDArray[np.float32] = (power @ _mel_filters(bins)).reshape(*starts.shape, bins).mean(axis=1)
    return mel


@lru_cache(maxsize=1)
def _window() -> npt.NDArray[np.float32]:
    window = np.hanning(WINDOW_SAMPLES)
    normal: npt.NDArray[np.float32] = (window / window.sum()).astype(np.float32)
    return normal


@lru_cache(maxsize=4)
def _mel_filters(bins: int) -> npt.NDArray[np.float32]:
    """Triangles equally spaced on the mel scale up to 8 kHz: float32[FFT_SAMPLES // 2 + 1, bins]."""
    top_mel = 2595 * np.log10(1 + SAMPLE_RATE / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top_mel, bins + 2) / 2595) - 1)
    hertz = np.arange(FFT_SAMPLES // 2 + 1)[:, None] * SAMPLE_RATE / FFT_SAMPLES
    rising = (hertz - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - hertz) / (corners[2:] - corners[1:-1])
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)
