"""MPEG audio and FLAC that do not begin with a frame, or do not end with one."""

import struct

import numpy as np
import pytest

from tests.classifier.audio.formats import make_audio
from tests.classifier.audio.voice import assert_is_the_voice, at_rate


def ape_tag(size: int) -> bytes:
    """An APE tag with header and footer and nothing that can be read between them."""
    length = size + 32
    ends = [
        b"APETAGEX" + struct.pack("<IIII", 2_000, length, 1, flags) + bytes(8)
        for flags in (0xA000_0000, 0x8000_0000)
    ]
    return ends[0] + b"x" * size + ends[1]


APE_TAG = ape_tag(2_000)
# With what looks like frames in it.
ID3_TAG = b"ID3\4\0\0\0\0\x20\0" + b"\xff\xfb\x90\x64" * 1_024
STREAMS = {
    "mp3": make_audio("mp3-bare", wave=at_rate(44_100)),
    "mp2": make_audio("mp2", wave=at_rate(16_000)),
    "aac": make_audio("aac", wave=at_rate(44_100)),
    "flac": make_audio("flac", wave=at_rate(44_100)),
}
BEFORE = {
    "zeros": bytes(5_000),
    "text": b"HTTP/1.0 200 OK\r\nicy-name: \xff\xfe radio\r\n" * 30,
    "noise": np.random.default_rng(1).bytes(5_000),
    "an APE tag": APE_TAG,
    "an ID3 tag": ID3_TAG,
    "an ID3 tag and zeros": ID3_TAG + bytes(3_000),
    "two ID3 tags": ID3_TAG + ID3_TAG,
}
BEHIND = {
    "zeros": bytes(5_000),
    "an ID3v1 tag": b"TAG" + bytes(125),
    "an APE tag": APE_TAG,
    "an APE and an ID3v1 tag": APE_TAG + b"TAG" + bytes(125),
}


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("what", BEFORE)
def test_what_stands_before_the_first_frame_is_passed_over(kind, what, pool):
    assert_is_the_voice(pool.decode(BEFORE[what] + STREAMS[kind]))


@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("what", BEHIND)
def test_what_stands_behind_the_last_frame_is_passed_over(kind, what, pool):
    assert_is_the_voice(pool.decode(STREAMS[kind] + BEHIND[what]))


@pytest.mark.parametrize("kind", ["mp3", "mp2", "aac"])
@pytest.mark.parametrize("cut", [1, 37, 200, 300])
def test_a_stream_may_begin_within_a_frame(kind, cut, pool):
    assert_is_the_voice(pool.decode(STREAMS[kind][cut:]))
