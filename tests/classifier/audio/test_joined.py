"""Recordings that were joined end to end are read to the end, each with its own header."""

import pytest

from classifier.audio.exceptions import AudioRejected
from tests.classifier.audio.formats import RECIPES, RECORDERS, make_audio
from tests.classifier.audio.test_mpeg_start import APE_TAG, ID3_TAG
from tests.classifier.audio.voice import (
    ALIKE_BY_TELEPHONE,
    assert_is_the_voice,
    at_rate,
    chunk,
    pcm,
    plain_wav,
    riff,
    wav_format,
)

pytestmark = pytest.mark.slow


def made(kind: str, rate: int | None = None, channels: int | None = None) -> bytes:
    rate = rate or (RECIPES | RECORDERS)[kind].rate
    return make_audio(kind, wave=at_rate(rate), rate=rate, channels=channels)


@pytest.mark.parametrize("kind", [*RECIPES, *RECORDERS])
def test_the_same_kind_twice(kind, pool):
    assert_is_the_voice(pool.decode(made(kind) * 2), times=2, least=ALIKE_BY_TELEPHONE)


FROM_A_PIPE = riff(wav_format(), chunk(b"data", pcm(), 0xFFFF_FFFF), size=0xFFFF_FFFF)
JOINED = {
    "WAV of other rates": plain_wav() + made("wav-s24", 44_100, 2),
    "WAV from two pipes": FROM_A_PIPE + FROM_A_PIPE,
    "WAV, zeros, WAV": plain_wav() + bytes(3_000) + plain_wav(),
    "FLAC of other rates": made("flac", 44_100) + made("flac", 16_000, 2),
    "Opus of other channels": made("ogg-opus", 48_000, 2) + made("ogg-opus", 24_000, 1),
    "Vorbis of other rates": made("ogg-vorbis", 44_100) + made("ogg-vorbis", 22_050),
    "FLAC in Ogg of other rates": made("ogg-flac", 16_000) + made("ogg-flac", 44_100, 2),
    "Opus, then Vorbis": made("ogg-opus") + made("ogg-vorbis"),
    "MP3 of other rates": made("mp3", 44_100) + made("mp3", 22_050),
    "MP3 with tags between": made("mp3") + APE_TAG + ID3_TAG + made("mp3"),
    "MP3 with the oldest tag between": made("mp3") + b"TAG" + bytes(125) + made("mp3"),
    "bare MP3 with it between": made("mp3-bare") + b"TAG" + bytes(125) + made("mp3-bare"),
    "AAC of other rates": made("aac", 44_100) + made("aac", 22_050),
    "WebM, then MP4": made("webm") + made("mp4"),
    "AIFF, then WAV": made("aiff-s16") + plain_wav(),
    "WAV, then MP3": plain_wav() + made("mp3"),
    "Ogg, then WAV": made("ogg-opus") + plain_wav(),
}


@pytest.mark.parametrize("kinds", JOINED)
def test_different_ones(kinds, pool):
    assert_is_the_voice(pool.decode(JOINED[kinds]), times=2)


def test_the_parts_together_may_not_be_too_long(pool):
    with pytest.raises(AudioRejected) as refused:
        pool.decode(made("flac") * 90 + make_audio("flac", seconds=500))
    assert refused.value.code == "too_long"
