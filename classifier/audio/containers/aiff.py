"""AIFF and AIFF-C, with the sizes that libav relies on put right."""

import struct

from classifier.audio.containers.chunks import IFF, Chunk, after_chunk, file_at, walk_chunks
from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import SLACK_BYTES, Part, check_room, is_unknown_size
from classifier.audio.exceptions import AudioRejected, Rejection

COMMON_BYTES = 18
# Before the samples stand two numbers about their place.
PLACE_BYTES = 8
# Their frames can be counted from their bytes; those of the others are what the header declares.
COUNTABLE = frozenset([b"NONE", b"sowt", b"twos", b"fl32", b"FL32", b"fl64", b"FL64", b"in24", b"in32"])


def read_aiff(data: bytes, start: int) -> Part:
    """The file at `start`. Raises AudioRejected (TRUNCATED, WRONG_HEADER)."""
    common, sound = None, None
    end = start
    for chunk in walk_chunks(data, start + 12, IFF):
        if chunk.name == b"COMM" and common is None:
            common = chunk
        elif chunk.name == b"SSND" and sound is None:
            sound = chunk
            if is_unknown_size(chunk.size) or chunk.size == PLACE_BYTES:
                end = file_at(data, chunk.at, b"FORM", b"AIF")
                break
            check_room(chunk.size, len(data) - chunk.at, SLACK_BYTES)
        elif sound and chunk.at + chunk.size > len(data):
            break
        end = after_chunk(data, chunk.at, chunk.size)
    if sound is None:
        raise AudioRejected(Rejection.TRUNCATED)
    if common is None or common.size < COMMON_BYTES or common.at + COMMON_BYTES > len(data):
        raise AudioRejected(Rejection.WRONG_HEADER)
    return Part(Container.AIFF, _put_right(data, start, end, common, sound), end)


def _put_right(data: bytes, start: int, end: int, common: Chunk, sound: Chunk) -> bytes:
    right = bytearray(data[start:end])
    struct.pack_into(">I", right, 4, end - start - 8)
    ends_early = sound.at + sound.size > end or sound.size <= PLACE_BYTES
    size = end - sound.at if ends_early else sound.size
    struct.pack_into(">I", right, sound.at - start - 4, size)
    channels, frames, bits = struct.unpack_from(">hIh", data, common.at)
    compression = data[common.at + COMMON_BYTES : common.at + 22] if common.size >= 22 else b"NONE"
    frame_bytes = channels * ((bits + 7) // 8)
    if is_unknown_size(frames) and frame_bytes > 0:
        counted = (size - PLACE_BYTES) // frame_bytes if compression in COUNTABLE else 0
        struct.pack_into(">I", right, common.at - start + 2, max(counted, 0))
    return bytes(right)
