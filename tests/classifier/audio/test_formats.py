"""Every format that people may send comes out as the same mono sound at 16 kHz."""

import numpy as np
import pytest

from tests.classifier.audio.formats import RECIPES, make_audio, tone, waveform_of

LOSSLESS = [kind for kind in RECIPES if kind.startswith(("wav", "aif", "flac", "m4a-alac", "ogg-flac"))]
RATES = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]


def loudest_hertz(waveform: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(waveform.size)))
    return float(spectrum.argmax() * 16_000 / waveform.size)


@pytest.mark.parametrize("kind", RECIPES)
def test_each_format_keeps_length_pitch_and_level(kind, limits):
    waveform = waveform_of(make_audio(kind, seconds=2.0), limits)
    assert waveform.dtype == np.float32
    assert waveform.ndim == 1
    assert waveform.size == pytest.approx(32_000, abs=1_000)  # codecs pad their last frame
    assert loudest_hertz(waveform) == pytest.approx(440, abs=2)
    middle = waveform[8_000:24_000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.06)


@pytest.mark.parametrize("kind", [kind for kind in LOSSLESS if not kind.endswith("law")])
def test_lossless_formats_at_16_khz_keep_every_sample(kind, limits):
    wave = np.random.default_rng(1).uniform(-0.9, 0.9, 16_000)
    waveform = waveform_of(make_audio(kind, rate=16_000, wave=wave), limits)
    step = 1 / 128 if kind == "wav-u8" else 1 / 32_768
    assert waveform.size == 16_000
    assert np.abs(waveform - wave).max() <= step


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("kind", ["wav-s16", "aiff-s16", "flac"])
def test_all_rates_from_8_to_192_khz(kind, rate, limits):
    waveform = waveform_of(make_audio(kind, seconds=1.0, rate=rate), limits)
    assert waveform.size == pytest.approx(16_000, abs=2)
    assert loudest_hertz(waveform) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("kind", ["wav-s16", "wav-f64", "aiff-s16", "flac", "m4a"])
def test_one_to_eight_channels(kind, channels, limits):
    waveform = waveform_of(make_audio(kind, seconds=1.0, channels=channels), limits)
    assert loudest_hertz(waveform) == pytest.approx(440, abs=2)
    assert 0.1 < np.abs(waveform[4_000:12_000]).max() < 0.5


@pytest.mark.parametrize("channels", range(2, 9))
def test_a_voice_on_any_one_channel_is_heard(channels, limits):
    for speaking in range(channels):
        planes = np.zeros((channels, 16_000))
        planes[speaking] = tone(1.0, 16_000)
        waveform = waveform_of(make_audio("wav-s16", wave=planes, channels=channels), limits)
        assert np.abs(waveform).max() > 0.01, f"channel {speaking} of {channels} is lost"


def test_mixing_down_never_clips(limits):
    waveform = waveform_of(make_audio("wav-s16", wave=tone(1.0, 16_000, level=0.95), channels=2), limits)
    assert np.abs(waveform).max() == pytest.approx(0.95, abs=0.001)


def test_what_is_louder_than_full_scale_is_held_there(limits):
    waveform = waveform_of(make_audio("wav-f32", wave=tone(1.0, 16_000, level=3.0)), limits)
    assert waveform.max() == pytest.approx(1.0, abs=1e-4)
    assert waveform.min() == -1.0


def test_tones_above_the_new_half_rate_do_not_fold_back(limits):
    waveform = waveform_of(make_audio("wav-s16", wave=tone(1.0, 48_000, hertz=11_000), rate=48_000), limits)
    assert np.abs(waveform[1_000:-1_000]).max() < 0.001


def test_samples_lie_on_the_16_bit_grid(limits):
    waveform = waveform_of(make_audio("webm"), limits)
    assert np.array_equal(waveform * 32_768, np.rint(waveform * 32_768))


def test_a_browser_recording_without_duration_that_ends_anywhere_is_taken(limits):
    data = make_audio("webm-live", seconds=3.0)
    for cut in range(len(data) // 2, len(data), 997):
        waveform = waveform_of(data[:cut], limits)
        assert waveform.size / 48_000 == pytest.approx(cut / len(data), abs=0.06)


@pytest.mark.parametrize("kind", RECIPES)
def test_junk_behind_the_sound_is_forgiven(kind, limits):
    clean = waveform_of(make_audio(kind), limits)
    with_junk = waveform_of(make_audio(kind) + b"TAG" + b"\0" * 125, limits)
    assert np.array_equal(clean, with_junk[: clean.size])
    assert with_junk.size - clean.size <= 1_600


@pytest.mark.parametrize("kind", ["mp3-bare", "aac", "flac"])
def test_a_large_tag_before_the_sound_is_forgiven(kind, limits):
    size = 70_000
    header = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    tag = b"ID3\x03\x00\x00" + header + b"APIC" + b"\xff\xfb" * (size // 2 - 2)
    assert waveform_of(tag + make_audio(kind), limits).size == pytest.approx(16_000, abs=1_000)


@pytest.mark.parametrize(
    "data",
    [
        make_audio("ogg-opus") * 2,
        make_audio("aac") + make_audio("aac", rate=22_050),
        make_audio("mp3-bare") + make_audio("mp3-bare", channels=2),
    ],
    ids=["opus", "aac, another rate", "mp3, another number of channels"],
)
def test_recordings_joined_to_one_file_are_read_to_the_end(data, limits):
    assert waveform_of(data, limits).size == pytest.approx(33_000, abs=2_000)


@pytest.mark.parametrize("kind", RECIPES)
def test_decoding_twice_gives_the_same_samples(kind, limits):
    data = make_audio(kind)
    assert np.array_equal(waveform_of(data, limits), waveform_of(data, limits))


def test_tags_in_any_encoding_are_ignored(limits):
    data = make_audio("wav-s16")
    at = data.index(b"LIST")
    text = b"INFOIART\x06\x00\x00\x00\xff\xfe\xfa\x80\x00\x00"
    tagged = data[:at] + b"LIST" + len(text).to_bytes(4, "little") + text + data[at:]
    assert waveform_of(tagged, limits).size == 16_000
