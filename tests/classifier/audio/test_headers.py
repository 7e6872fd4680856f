"""Headers that are odd, early or wrong: what they mean counts, not what they say."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings

from classifier.audio.exceptions import AudioRejected
from tests.classifier.audio.formats import RECORDERS, make_audio
from tests.classifier.audio.voice import (
    ALIKE,
    ALIKE_BY_TELEPHONE,
    RATE,
    assert_is_the_voice,
    at_rate,
    chunk,
    extensible_format,
    pcm,
    plain_wav,
    riff,
    voice,
    wav_format,
)

UNKNOWN_SIZES = [0, 0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0x7FFF_F000, 0xFFFF_FFFF - 36, 0x8000_0000 - 44]
STEPS = np.frombuffer(pcm(), "<i2").astype("<i4")
FORMAT, SOUND = wav_format(), chunk(b"data", pcm())


def three_bytes(steps: np.ndarray) -> bytes:
    return steps.astype("<i4").view("u1").reshape(-1, 4)[:, :3].tobytes()


def with_numbers(data: bytes, layout: str, *places: tuple[int, int]) -> bytes:
    changed = bytearray(data)
    for offset, number in places:
        struct.pack_into(layout, changed, offset, number)
    return bytes(changed)


WIDTHS = {
    "16 in 24": (extensible_format(valid=16, width=3), three_bytes(STEPS << 8)),
    "20 in 24": (extensible_format(valid=20, width=3), three_bytes(STEPS << 8)),
    "16 in 32": (extensible_format(valid=16, width=4), (STEPS << 16).tobytes()),
    "24 in 32": (extensible_format(valid=24, width=4), (STEPS << 16).tobytes()),
    "24 in 32, at the lower end": (extensible_format(valid=24, width=4), ((STEPS << 8) + 3).tobytes()),
    "16 in 24, at the lower end": (extensible_format(valid=16, width=3), three_bytes(STEPS)),
    "24 in 32 without an extension": (wav_format(bits=24, width=4), (STEPS << 16).tobytes()),
    "12 in 16": (wav_format(bits=12, width=2), (STEPS & ~15).astype("<i2").tobytes()),
    "no valid bits": (extensible_format(valid=0, width=3), three_bytes(STEPS << 8)),
    "more valid bits than there are": (extensible_format(valid=99, width=3), three_bytes(STEPS << 8)),
    "8 bits": (wav_format(bits=8, width=1), ((STEPS >> 8) + 128).astype("u1").tobytes()),
}


@pytest.mark.parametrize("kind", WIDTHS)
def test_the_width_of_the_container_counts(kind, pool):
    header, sound = WIDTHS[kind]
    assert_is_the_voice(pool.decode(riff(header, chunk(b"data", sound))))


@pytest.mark.parametrize("size", UNKNOWN_SIZES, ids=hex)
def test_a_wav_from_a_pipe_is_read_to_its_end(size, pool):
    assert_is_the_voice(pool.decode(riff(FORMAT, chunk(b"data", pcm(), size), size=size)))


@pytest.mark.parametrize("size", UNKNOWN_SIZES, ids=hex)
def test_so_is_an_aiff(size, pool):
    aiff = make_audio("aiff-s16", wave=voice())
    places = [(4, size), (aiff.index(b"SSND") + 4, size), (aiff.index(b"COMM") + 10, size)]
    assert_is_the_voice(pool.decode(with_numbers(aiff, ">I", *places)))


@pytest.mark.parametrize("size", UNKNOWN_SIZES, ids=hex)
def test_so_is_an_au(size, pool):
    assert_is_the_voice(pool.decode(with_numbers(make_audio("au", wave=voice()), ">I", (8, size))))


@pytest.mark.parametrize("size", [0, (1 << 64) - 1, 0x7FFF_FFFF], ids=hex)
def test_so_is_a_caf(size, pool):
    caf = make_audio("caf", wave=voice())
    assert_is_the_voice(pool.decode(with_numbers(caf, ">Q", (caf.index(b"data") + 4, size))))


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
@pytest.mark.parametrize("size", [len(pcm()), 0, (1 << 64) - 1], ids=hex)
def test_large_wavs_keep_their_size_elsewhere(magic, size, pool):
    sizes = chunk(b"ds64", struct.pack("<QQQI", len(pcm()) + 100, size, len(pcm()) // 2, 0))
    data = riff(sizes, FORMAT, chunk(b"data", pcm(), 0xFFFF_FFFF), magic=magic, size=0xFFFF_FFFF)
    assert_is_the_voice(pool.decode(data))


ORDERS = {
    "a list before the format": riff(chunk(b"LIST", b"INFOISFT\5\0\0\0abcde\0"), FORMAT, SOUND),
    "an odd chunk": riff(FORMAT, chunk(b"LIST", b"abcde"), SOUND),
    "an odd chunk that is not padded": riff(FORMAT, struct.pack("<4sI", b"LIST", 5) + b"abcde", SOUND),
    "the sound before the format": riff(SOUND, FORMAT),
    "padding everywhere": riff(chunk(b"JUNK", bytes(4_000)), FORMAT, chunk(b"PAD ", bytes(3_001)), SOUND),
    "more behind the sound": riff(
        FORMAT, SOUND, chunk(b"bext", bytes(602)), chunk(b"id3 ", b"ID3" + bytes(9))
    ),
    "the sound in two chunks": riff(FORMAT, chunk(b"data", pcm()[:40_000]), chunk(b"data", pcm()[40_000:])),
    "a wrong size of the whole": riff(FORMAT, SOUND, size=17),
    "zeros before": bytes(512) + plain_wav(),
}


@pytest.mark.parametrize("order", ORDERS)
def test_chunks_may_come_in_any_order(order, pool):
    assert_is_the_voice(pool.decode(ORDERS[order]))


@pytest.mark.parametrize("gain", [1, 4, 32_768])
@pytest.mark.parametrize(("bits", "kind"), [(32, "<f4"), (64, "<f8")])
def test_numbers_beyond_full_scale_keep_their_shape(gain, bits, kind, pool):
    header = wav_format(kind=3, bits=bits, width=bits // 8)
    decoded = pool.decode(riff(header, chunk(b"data", (voice() * gain).astype(kind).tobytes())))
    assert_is_the_voice(decoded, least=0.999)
    assert decoded.quality.clipped_share == 0


@pytest.mark.parametrize("kind", RECORDERS)
def test_what_recorders_write_is_the_voice(kind, pool):
    recipe = RECORDERS[kind]
    least = ALIKE_BY_TELEPHONE if recipe.rate <= RATE else ALIKE
    assert_is_the_voice(pool.decode(make_audio(kind, wave=at_rate(recipe.rate))), least=least)


@pytest.mark.parametrize("share", [2, 1.1])
def test_a_size_beyond_the_end_is_a_cut(share, pool):
    for data in (
        riff(FORMAT, chunk(b"data", pcm(), round(len(pcm()) * share))),
        with_numbers(make_audio("au", wave=voice()), ">I", (8, round(len(pcm()) * share))),
    ):
        with pytest.raises(AudioRejected) as refused:
            pool.decode(data)
        assert refused.value.code == "truncated"


def test_every_format_that_is_read_may_be_chosen_on_the_page():
    page = (Path(settings.BASE_DIR) / "templates/classifier/classify.html").read_text()
    accepted = re.search(r'accept="([^"]+)"', page)[1].split(",")
    for ending in ["wav", "aiff", "aif", "caf", "au", "flac", "mp3", "mp2", "m4a", "mp4", "mov", "aac"]:
        assert f".{ending}" in accepted
    for ending in ["ogg", "opus", "webm", "mkv", "amr", "3gp"]:
        assert f".{ending}" in accepted
    assert "audio/*" in accepted
