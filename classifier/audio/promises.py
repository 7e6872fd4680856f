"""Holds a file against its own header before anything is decoded: a header that promises more sound than
arrived belongs to a recording that was cut, and what is left would be judged as if it were the whole.

A few missing bytes are forgiven, because some recorders count their header as sound. Containers that promise
nothing (a WebM or Ogg that a browser was still writing) are complete whenever they end.
"""

import struct
from collections.abc import Iterator

from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.limits import MIB
from classifier.audio.sniffing import Container, after_id3, mp3_frame_size

# Far above any upload that could ever have been meant: the number itself is wrong.
ABSURD_BYTES = 1024 * MIB
PCM_SLACK_BYTES = 64
# Encoders disagree about counting this tag at the end of an MP3, and about its first frame.
ID3V1_BYTES = 128
WAVE_PCM, WAVE_FLOAT, WAVE_EXTENSIBLE = 1, 3, 0xFFFE
MP4_BOXES = frozenset(b"ftyp moov mdat moof styp sidx mfra free skip wide udta meta uuid".split())
EBML_UNKNOWN_SIZE = -1


def check_promises(container: Container, data: bytes) -> None:
    """Raise AudioRejected (TRUNCATED, WRONG_HEADER) where the header promises what the file does not hold."""
    match container:
        case Container.WAV:
            _check_wav(data)
        case Container.AIFF:
            _check_aiff(data)
        case Container.MP3:
            _check_mp3(data)
        case Container.OGG:
            _check_ogg(data)
        case Container.MATROSKA:
            _check_matroska(data)
        case Container.MP4:
            _check_mp4(data)


def _check_room(claimed: int, present: int, slack: int = 0) -> None:
    if claimed >= ABSURD_BYTES:
        raise AudioRejected(Rejection.WRONG_HEADER)
    if claimed - present > slack:
        raise AudioRejected(Rejection.TRUNCATED)


def _chunks(data: bytes, order: str) -> Iterator[tuple[bytes, int, int]]:
    """Name, offset of the content and claimed size of each RIFF or IFF chunk."""
    offset = after_id3(data) + 12
    while offset + 8 <= len(data):
        name, size = struct.unpack_from(order + "4sI", data, offset)
        yield name, offset + 8, size
        offset += 8 + size + (size & 1)


def _check_wav(data: bytes) -> None:
    format_seen = False
    for name, offset, size in _chunks(data, "<"):
        if name == b"fmt ":
            _check_wav_format(data[offset : offset + size])
            format_seen = True
        elif name == b"data":
            if not format_seen:
                raise AudioRejected(Rejection.WRONG_HEADER)
            _check_room(size, len(data) - offset, PCM_SLACK_BYTES)
            return
    raise AudioRejected(Rejection.TRUNCATED)


def _check_wav_format(content: bytes) -> None:
    if len(content) < 16:
        raise AudioRejected(Rejection.WRONG_HEADER)
    kind, channels, rate, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", content)
    whole = kind in (WAVE_PCM, WAVE_FLOAT, WAVE_EXTENSIBLE)
    if not channels or not rate or (whole and frame_bytes != channels * ((bits + 7) // 8)):
        raise AudioRejected(Rejection.WRONG_HEADER)


def _check_aiff(data: bytes) -> None:
    for name, offset, size in _chunks(data, ">"):
        if name == b"SSND":
            _check_room(size, len(data) - offset, PCM_SLACK_BYTES)
            return
    raise AudioRejected(Rejection.TRUNCATED)


def _check_mp3(data: bytes) -> None:
    """Only files with a Xing or Info header, as LAME and libav write it, say how many bytes they have."""
    start = after_id3(data)
    size = mp3_frame_size(data, start)
    first = data[start : start + size]
    at = max(first.find(b"Xing", 4, 64), first.find(b"Info", 4, 64))
    if at < 0 or len(first) < at + 16:
        return
    flags, *fields = struct.unpack_from(">III", first, at + 4)
    if flags & 2:
        stream_bytes = fields[1] if flags & 1 else fields[0]
        _check_room(stream_bytes, len(data) - start, size + ID3V1_BYTES)


def _check_ogg(data: bytes) -> None:
    page = data.rfind(b"OggS")
    segments = data[page + 26] if page + 26 < len(data) else 255
    table = data[page + 27 : page + 27 + segments]
    if len(table) < segments or page + 27 + segments + sum(table) > len(data):
        raise AudioRejected(Rejection.TRUNCATED)


def _check_matroska(data: bytes) -> None:
    header_size, offset = _ebml_size(data, 4)
    segment = offset + header_size
    if header_size == EBML_UNKNOWN_SIZE or data[segment : segment + 4] != b"\x18\x53\x80\x67":
        return
    size, offset = _ebml_size(data, segment + 4)
    if size != EBML_UNKNOWN_SIZE:
        _check_room(size, len(data) - offset)


def _ebml_size(data: bytes, offset: int) -> tuple[int, int]:
    """The variable-length number at `offset` and where it ends; all ones mean that the size is not known."""
    first = data[offset] if offset < len(data) else 0
    length = 9 - first.bit_length()
    value = int.from_bytes(data[offset : offset + length]) & ((1 << 7 * length) - 1)
    unknown = length > 8 or value == (1 << 7 * length) - 1
    return EBML_UNKNOWN_SIZE if unknown else value, offset + length


def _check_mp4(data: bytes) -> None:
    offset, names = 0, set()
    while offset + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, offset)
        if size == 1 and offset + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, offset + 8)
        # Zero means "to the end of the file".
        size = size or len(data) - offset
        if name in MP4_BOXES:
            _check_room(size, len(data) - offset)
        if size < 8:
            break
        names.add(name)
        offset += size
    if b"moov" not in names:
        raise AudioRejected(Rejection.TRUNCATED)
