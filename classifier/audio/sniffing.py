"""Tells the container of an upload from its first bytes; what a browser says about it is never trusted."""

from enum import StrEnum

from classifier.audio.exceptions import AudioRejected, Rejection


class Container(StrEnum):
    """The containers that are read. Each value is the name of libav's demuxer."""

    WAV = "wav"
    AIFF = "aiff"
    FLAC = "flac"
    MP3 = "mp3"
    AAC = "aac"
    OGG = "ogg"
    MATROSKA = "matroska,webm"
    MP4 = "mov,mp4,m4a,3gp,3g2,mj2"


MP4_FIRST_BOXES = frozenset(b"ftyp moov mdat moof styp free skip wide".split())
MP3_BITRATES = {  # kbit/s of layer III by index, for MPEG 1 and for MPEG 2 and 2.5
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
MP3_RATES = {0b11: (44_100, 48_000, 32_000), 0b10: (22_050, 24_000, 16_000), 0b00: (11_025, 12_000, 8_000)}


def sniff(data: bytes) -> Container:
    """The container of the upload.

    Raises AudioRejected(NOT_AUDIO) when the bytes belong to none of ours.
    """
    start = after_id3(data)
    head = data[start : start + 12]
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        return Container.WAV
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return Container.AIFF
    if head[:4] == b"fLaC":
        return Container.FLAC
    if head[:4] == b"OggS":
        return Container.OGG
    if head[:4] == b"\x1aE\xdf\xa3":
        return Container.MATROSKA
    if head[4:8] in MP4_FIRST_BOXES:
        return Container.MP4
    return _sniff_frames(data, start)


def _sniff_frames(data: bytes, start: int) -> Container:
    # MP3 and ADTS have only a sync word, which chance produces often; two frames in a row are proof enough.
    for container, frame_size in ((Container.AAC, adts_frame_size), (Container.MP3, mp3_frame_size)):
        size = frame_size(data, start)
        if size and (start + size + 4 > len(data) or frame_size(data, start + size)):
            return container
    if start:
        # An ID3 tag without a frame right behind it: the demuxer looks further for the first frame.
        return Container.MP3
    raise AudioRejected(Rejection.NOT_AUDIO)


def after_id3(data: bytes) -> int:
    """Offset of the first byte behind an ID3v2 tag; 0 without a tag."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size


def adts_frame_size(data: bytes, offset: int) -> int:
    """Bytes of the ADTS frame at `offset`, 0 when there is none."""
    head = data[offset : offset + 6]
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return 0
    return (head[3] & 0x03) << 11 | head[4] << 3 | head[5] >> 5


def mp3_frame_size(data: bytes, offset: int) -> int:
    """Bytes of the MPEG layer III frame at `offset`, 0 when there is none."""
    head = data[offset : offset + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version, bitrate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version not in MP3_RATES or bitrate in (0, 15) or rate == 3:
        return 0
    generation = 1 if version == 0b11 else 2
    bits_per_second = MP3_BITRATES[generation][bitrate] * 1000
    slots = 144 if generation == 1 else 72
    return slots * bits_per_second // MP3_RATES[version][rate] + (head[2] >> 1 & 1)
