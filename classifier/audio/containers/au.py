"""AU, the sound format of old Unix machines."""

import struct

from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import SLACK_BYTES, Part, check_room, is_unknown_size
from classifier.audio.exceptions import AudioRejected, Rejection

HEADER = struct.Struct(">4s5I")


def read_au(data: bytes, start: int) -> Part:
    """The file at `start`. Raises AudioRejected (TRUNCATED, WRONG_HEADER)."""
    if start + HEADER.size > len(data):
        raise AudioRejected(Rejection.TRUNCATED)
    magic, head_bytes, size, *encoding = HEADER.unpack_from(data, start)
    at = start + head_bytes
    if head_bytes < HEADER.size:
        raise AudioRejected(Rejection.WRONG_HEADER)
    if is_unknown_size(size):
        size = max(len(data) - at, 0)
    check_room(size, len(data) - at, SLACK_BYTES)
    end = min(at + size, len(data))
    header = HEADER.pack(magic, head_bytes, end - at, *encoding)
    return Part(Container.AU, header + data[start + HEADER.size : end], end)
