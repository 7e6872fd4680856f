"""Outline and spectrogram show what is in the waveform, at a bounded cost."""

import time
import tracemalloc

import numpy as np
import pytest

from classifier.audio.spectrogram import mel_spectrogram, peaks
from tests.classifier.audio.formats import tone


def wave(seconds: float, hertz: float = 440.0, level: float = 0.25) -> np.ndarray:
    return tone(seconds, 16_000, hertz, level).astype(np.float32)


def test_peaks_follow_the_level():
    outline = peaks(np.concatenate([wave(1, level=0.1), wave(1, level=0.8)]))
    assert len(outline) == 800
    assert max(outline[:390]) == pytest.approx(0.1, abs=0.01)
    assert max(outline[410:]) == pytest.approx(0.8, abs=0.01)


def test_peaks_see_negative_samples_and_the_very_last_one():
    waveform = np.zeros(16_001, np.float32)
    waveform[-1] = -0.5
    assert peaks(waveform)[-1] == 0.5
    assert sum(peaks(waveform)) == 0.5


def test_peaks_of_fewer_samples_than_parts():
    assert peaks(np.array([0.1, -0.2], np.float32)) == [0.1, 0.2]
    assert peaks(np.zeros(0, np.float32)) == []


def test_a_higher_tone_is_drawn_higher():
    loudest = [
        int(mel_spectrogram(wave(1, hertz)).mean(axis=0).argmax())
        for hertz in (150, 400, 1_000, 3_000, 7_000)
    ]
    assert loudest == sorted(set(loudest))


def test_each_mel_bin_hears_something():
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    assert mel_spectrogram(noise).min(axis=0).min() > 100


def test_a_spectrogram_does_not_depend_on_loudness():
    loud, quiet = mel_spectrogram(wave(1, level=0.5)), mel_spectrogram(wave(1, level=0.05))
    assert np.abs(loud.astype(int) - quiet).max() <= 1
    assert loud.max() == 255


def test_time_runs_along_the_frames():
    picture = mel_spectrogram(np.concatenate([np.zeros(16_000, np.float32), wave(1)]))
    assert picture[:90].max() == 0
    assert picture[110:].max(axis=1).min() > 200


@pytest.mark.parametrize("samples", [0, 1, 399, 400, 401, 4_800])
def test_short_waveforms_have_at_least_one_frame(samples):
    picture = mel_spectrogram(np.zeros(samples, np.float32))
    assert picture.dtype == np.uint8
    assert picture.shape == (max(1, 1 + (samples - 400) // 160), 80)
    assert picture.max() == 0


def test_ten_minutes_are_drawn_quickly_and_in_little_memory():
    waveform = np.random.default_rng(0).normal(0, 0.1, 9_600_000).astype(np.float32)
    mel_spectrogram(waveform[:16_000])
    tracemalloc.start()
    started = time.process_time()
    picture = mel_spectrogram(waveform)
    seconds, (_, peak_bytes) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert picture.shape == (1200, 80)
    assert seconds < 1.0
    # The padded copy of the waveform, and a few blocks of windows.
    assert peak_bytes < waveform.nbytes + 40e6
