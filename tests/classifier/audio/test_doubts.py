"""What was decoded is held against what the file says: whatever contradicts it is never a sure answer."""

import struct

import pytest

from tests.classifier.audio.formats import make_audio
from tests.classifier.audio.voice import at_rate, chunk, pcm, plain_wav, riff, voice, wav_format


def scaled(data: bytes, offset: int, layout: str, share: float) -> bytes:
    """`data` with a number of its header multiplied."""
    changed = bytearray(data)
    (number,) = struct.unpack_from(layout, changed, offset)
    struct.pack_into(layout, changed, offset, type(number)(number * share))
    return bytes(changed)


def flac_that_says(share: float) -> bytes:
    data = bytearray(make_audio("flac", wave=at_rate(44_100)))
    word = int.from_bytes(data[18:26])
    samples = word & (1 << 36) - 1
    data[18:26] = (word - samples + int(samples * share)).to_bytes(8)
    return bytes(data)


WEBM, MP3 = make_audio("webm", wave=at_rate(48_000)), make_audio("mp3", wave=at_rate(44_100))
M4A, ADPCM = make_audio("m4a", wave=at_rate(44_100)), make_audio("wav-adpcm-ms", wave=at_rate(8_000))
AIFF = make_audio("aiff-s16", wave=voice())
XING = max(MP3.find(b"Xing"), MP3.find(b"Info"))
DOUBTFUL = {
    "FLAC, shorter": flac_that_says(0.5),
    "WebM, shorter": scaled(WEBM, WEBM.index(b"\x44\x89\x88") + 3, ">d", 0.5),
    "WebM, longer": scaled(WEBM, WEBM.index(b"\x44\x89\x88") + 3, ">d", 2),
    "MP3, shorter": scaled(MP3, XING + 8, ">I", 0.5),
    "MP3, longer": scaled(MP3, XING + 8, ">I", 2),
    "M4A, shorter": scaled(M4A, M4A.index(b"mdhd") + 20, ">I", 0.5),
    "AIFF, shorter": scaled(AIFF, AIFF.index(b"COMM") + 10, ">I", 0.5),
    "ADPCM, shorter": scaled(ADPCM, ADPCM.index(b"fact") + 8, "<I", 0.5),
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_another_length_than_the_file_says_is_doubtful(kind, pool):
    quality = pool.decode(DOUBTFUL[kind]).quality
    assert "doubtful" in quality.hints
    assert quality.in_doubt


HALF = chunk(b"data", pcm(), len(pcm()) // 2)
INCOMPLETE = {
    "WAV whose size is too small": riff(wav_format(), HALF),
    "a second file that is cut": plain_wav() + plain_wav()[:50_000],
    "text behind": plain_wav() + b"This is no sound. " * 500,
    "a thousand files": plain_wav(voice()[:800]) * 1_000,
}


@pytest.mark.parametrize("kind", INCOMPLETE)
def test_what_was_left_out_is_told(kind, pool):
    quality = pool.decode(INCOMPLETE[kind]).quality
    assert "incomplete" in quality.hints
    assert quality.in_doubt


def test_an_ordinary_file_is_in_no_doubt(pool):
    for data in (plain_wav(), WEBM, MP3, M4A, ADPCM, AIFF, flac_that_says(1)):
        quality = pool.decode(data).quality
        assert quality.hints == []
        assert not quality.in_doubt
