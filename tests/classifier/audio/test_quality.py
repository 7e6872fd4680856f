"""What is said about a recording fits what was done to it, on real speech where it is at hand."""

import json

import numpy as np
import pytest

from classifier.audio.quality import Quality, measure_quality
from classifier.audio.waveform import to_pcm, to_waveform
from tests.classifier.audio.speech import read, shared_files, speech

RNG = np.random.default_rng(0)


def measured(wave: np.ndarray) -> Quality:
    return measure_quality(to_waveform(to_pcm(wave)))


@pytest.fixture(scope="module")
def clean() -> np.ndarray:
    wave = speech(5.0)
    return wave * 0.5 / np.abs(wave).max()


def with_noise(wave: np.ndarray, noise: np.ndarray, snr_db: float) -> np.ndarray:
    power = np.mean(wave[np.abs(wave) > 0.02] ** 2)
    noise = np.resize(noise, wave.size)
    return 0.5 * (wave + noise * np.sqrt(power / np.mean(noise**2) / 10 ** (snr_db / 10)))


def test_clean_speech_needs_no_hint(clean):
    quality = measured(clean)
    assert quality.hints == []
    assert quality.duration_s == 5.0
    assert quality.peak_dbfs == pytest.approx(-6.0, abs=0.1)
    assert quality.speech_share > 0.4
    assert quality.snr_db is not None
    assert quality.snr_db > 15
    assert not quality.digital_silence


def test_levels_are_relative_to_full_scale():
    square = np.where(np.arange(16_000) % 100 < 50, 0.5, -0.5)
    quality = measured(square)
    assert quality.peak_dbfs == quality.rms_dbfs == -6.0


def test_very_quiet_speech_is_named(clean):
    assert "very_quiet" in measured(clean * 10 ** (-30 / 20)).hints


def test_cut_off_peaks_are_named(clean):
    quality = measured(np.clip(clean * 6, -1, 1))
    assert "clipped" in quality.hints
    assert quality.clipped_share > 0.005


def test_touching_full_scale_is_not_clipping(clean):
    assert "clipped" not in measured(clean / np.abs(clean).max()).hints


def test_a_word_in_a_long_silence_is_named(clean):
    hush = RNG.normal(0, 1e-4, 16_000 * 10)
    hush[: 16_000 // 2] += clean[16_000 : 16_000 * 3 // 2]
    quality = measured(hush)
    assert "mostly_silence" in quality.hints
    assert quality.speech_share < 0.15


@pytest.mark.parametrize("snr_db", [0, 3, 5])
def test_speech_in_steady_noise_is_named(clean, snr_db):
    quality = measured(with_noise(clean, RNG.normal(0, 1, clean.size), snr_db))
    assert "noisy" in quality.hints
    assert quality.snr_db == pytest.approx(snr_db, abs=4)


def test_a_little_noise_is_not_named(clean):
    assert "noisy" not in measured(with_noise(clean, RNG.normal(0, 1, clean.size), 20)).hints


@pytest.mark.parametrize(
    "wave",
    [np.zeros(16_000), np.full(16_000, 0.3), RNG.integers(-2, 3, 16_000) / 32_768],
    ids=["zeros", "a constant", "rounding"],
)
def test_nothing_but_rounding_is_digital_silence(wave):
    quality = measured(wave)
    assert quality.digital_silence
    assert quality.hints == ["digital_silence"]
    assert quality.snr_db is None


def test_a_clip_too_short_for_a_pause_has_no_snr(clean):
    assert measured(clean[: 16_000 // 2]).snr_db is None


def test_quality_survives_json(clean):
    quality = measured(clean)
    assert Quality(**json.loads(json.dumps(quality.as_dict(), allow_nan=False))) == quality


@pytest.mark.skipif(not shared_files("crema-d"), reason="the shared recordings are not at hand")
@pytest.mark.parametrize("corpus", ["crema-d", "librispeech"])
def test_hints_are_rare_on_ordinary_clips(corpus):
    files = shared_files(corpus)
    clips = [measured(read(path)) for path in files[:: len(files) // 60]]
    hints = [hint for quality in clips for hint in quality.hints]
    assert len(hints) / len(clips) < 0.12
    assert hints.count("clipped") / len(clips) < 0.04


@pytest.mark.skipif(not shared_files("noise", "*.flac"), reason="the shared recordings are not at hand")
def test_recorded_background_noise_at_0_db_is_mostly_named(clean):
    noises = [read(path) for path in shared_files("noise", "*.flac")[::4]]
    named = ["noisy" in measured(with_noise(clean, noise, 0)).hints for noise in noises]
    # The rest are single knocks and barks, between which the speech is as clear as before.
    assert np.mean(named) > 0.5
