"""MP4, M4A, MOV and 3GP."""

import struct

from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import Part, check_room
from classifier.audio.exceptions import AudioRejected, Rejection

FIRST_BOXES = frozenset(b"ftyp moov mdat moof styp free skip wide".split())
BOXES = FIRST_BOXES | frozenset(b"sidx mfra udta meta uuid".split())


def read_mp4(data: bytes, start: int) -> Part:
    """The file at `start`, up to another that was joined to it.

    Raises AudioRejected (TRUNCATED, WRONG_HEADER).
    """
    offset, names = start, set()
    while offset + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, offset)
        if name == b"ftyp" and b"moov" in names and size >= 8:
            return Part(Container.MP4, data[start:offset], offset)
        if size == 1 and offset + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, offset + 8)
        # Zero means "to the end of the file".
        size = size or len(data) - offset
        if name in BOXES:
            check_room(size, len(data) - offset)
        elif not name.isalnum() or offset + size > len(data):
            # No box of this file any more.
            break
        if size < 8:
            break
        names.add(name)
        offset += size
    if b"moov" not in names:
        raise AudioRejected(Rejection.TRUNCATED)
    return Part(Container.MP4, data[start:offset], offset)
