"""Stored clips give back exactly the samples that were predicted and hashed."""

import hashlib

import numpy as np
import pytest
import soundfile

from classifier.audio.flac import decode_flac, encode_flac
from classifier.audio.waveform import checksum, to_pcm, to_waveform
from tests.classifier.audio.formats import RECIPES, make_audio, waveform_of


@pytest.mark.parametrize("kind", RECIPES)
def test_storing_loses_nothing(kind, limits):
    waveform = waveform_of(make_audio(kind), limits)
    restored = decode_flac(encode_flac(waveform))
    assert restored.dtype == np.float32
    assert np.array_equal(restored, waveform)
    assert checksum(restored) == checksum(waveform)


@pytest.mark.parametrize("samples", [1, 15, 4_800, 100_000])
def test_any_length_and_the_whole_range_survive(samples):
    pcm = np.random.default_rng(samples).integers(-32_768, 32_768, samples, dtype=np.int16)
    waveform = to_waveform(pcm)
    assert np.array_equal(to_pcm(waveform), pcm)
    assert np.array_equal(decode_flac(encode_flac(waveform)), waveform)


def test_the_upload_path_reads_what_we_store(limits):
    waveform = waveform_of(make_audio("mp3"), limits)
    assert np.array_equal(waveform_of(encode_flac(waveform), limits), waveform)


def test_checksum_is_that_of_the_16_bit_samples():
    pcm = np.array([0, 1, -1, 32_767, -32_768], np.int16)
    expected = hashlib.sha256(bytes.fromhex("0000 0100 ffff ff7f 0080")).hexdigest()
    assert checksum(to_waveform(pcm)) == expected


def test_a_damaged_stored_clip_is_an_error():
    with pytest.raises(soundfile.SoundFileError):
        decode_flac(b"fLaC" + bytes(100))


def test_a_stored_clip_of_another_rate_is_an_error():
    with pytest.raises(ValueError, match="16 kHz"):
        decode_flac(make_audio("flac", rate=44_100))
