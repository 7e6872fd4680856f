"""Matroska and WebM. What a browser was still writing names no size and is complete whenever it ends."""

import math
import struct

from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import Part, check_room

MAGIC = b"\x1aE\xdf\xa3"
SEGMENT = b"\x18\x53\x80\x67"
INFO, TIMESTAMP_SCALE, DURATION = b"\x15\x49\xa9\x66", b"\x2a\xd7\xb1", b"\x44\x89"
USUAL_SCALE_NS = 1_000_000
# Where the information about the whole file is, and how long it is.
INFO_WITHIN, INFO_BYTES = 8192, 256
UNKNOWN_SIZE = -1
# The name of the format stands this near to the magic number.
HEADER_BYTES = 64


def read_matroska(data: bytes, start: int) -> Part:
    """The file at `start`, up to another that was joined to it.

    Raises AudioRejected (TRUNCATED, WRONG_HEADER).
    """
    header_size, offset = _ebml_size(data, start + 4)
    segment = offset + header_size
    size = 0
    if header_size != UNKNOWN_SIZE and data[segment : segment + 4] == SEGMENT:
        size, offset = _ebml_size(data, segment + 4)
    if size in (0, UNKNOWN_SIZE):
        end = _next_file(data, start + 4)
    else:
        check_room(size, len(data) - offset)
        end = offset + size
    declared_s = _declared_seconds(data[start : start + INFO_WITHIN])
    return Part(Container.MATROSKA, data[start:end], end, declared_s)


def _declared_seconds(head: bytes) -> float:
    """The duration in the header, or 0. libav would guess one."""
    info = head[max(head.find(INFO), 0) :][: INFO_BYTES if INFO in head else 0]
    scale_at, duration_at = info.find(TIMESTAMP_SCALE), info.find(DURATION)
    if duration_at < 0:
        return 0.0
    scale = USUAL_SCALE_NS
    if scale_at >= 0:
        size, at = _ebml_size(info, scale_at + len(TIMESTAMP_SCALE))
        scale = int.from_bytes(info[at : at + size]) if 0 < size <= 8 else scale
    size, at = _ebml_size(info, duration_at + len(DURATION))
    number = info[at : at + size]
    if len(number) not in (4, 8):
        return 0.0
    (ticks,) = struct.unpack(">f" if len(number) == 4 else ">d", number)
    seconds: float = ticks * scale / 1e9
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0


def _next_file(data: bytes, offset: int) -> int:
    """Where another whole file begins, or the end of the data."""
    while (offset := data.find(MAGIC, offset)) >= 0:
        header = data[offset : offset + HEADER_BYTES]
        if b"webm" in header or b"matroska" in header:
            return offset
        offset += 1
    return len(data)


def _ebml_size(data: bytes, offset: int) -> tuple[int, int]:
    """The variable-length number at `offset` and where it ends; all ones mean that the size is not known."""
    first = data[offset] if offset < len(data) else 0
    length = 9 - first.bit_length()
    value = int.from_bytes(data[offset : offset + length]) & ((1 << 7 * length) - 1)
    unknown = length > 8 or value == (1 << 7 * length) - 1
    return UNKNOWN_SIZE if unknown else value, offset + length
