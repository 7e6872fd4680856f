"""Matroska and WebM. What a browser was still writing names no size and is complete whenever it ends."""

from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import Part, check_room

MAGIC = b"\x1aE\xdf\xa3"
SEGMENT = b"\x18\x53\x80\x67"
UNKNOWN_SIZE = -1
# The name of the format stands this near to the magic number.
HEADER_BYTES = 64


def read_matroska(data: bytes, start: int) -> Part:
    """The file at `start`, up to another that was joined to it.

    Raises AudioRejected (TRUNCATED, WRONG_HEADER).
    """
    header_size, offset = _ebml_size(data, start + 4)
    segment = offset + header_size
    known_end = start + 4
    if header_size != UNKNOWN_SIZE and data[segment : segment + 4] == SEGMENT:
        size, offset = _ebml_size(data, segment + 4)
        if size != UNKNOWN_SIZE:
            check_room(size, len(data) - offset)
            known_end = offset + size
    end = _next_file(data, known_end)
    return Part(Container.MATROSKA, data[start:end], end)


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
