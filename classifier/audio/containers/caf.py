"""CAF, what Apple's recorders write."""

import struct

from classifier.audio.containers.chunks import CAF, file_at, walk_chunks
from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import SLACK_BYTES, Part, check_room, is_unknown_size
from classifier.audio.exceptions import AudioRejected, Rejection

HEADER_BYTES = 8


def read_caf(data: bytes, start: int) -> Part:
    """The file at `start`. Raises AudioRejected (TRUNCATED, WRONG_HEADER)."""
    end, patched = start, None
    for name, at, size in walk_chunks(data, start + HEADER_BYTES, CAF):
        if name == b"data" and patched is None:
            # Minus one stands for "to the end of the file".
            if is_unknown_size(size, widest=64):
                size = file_at(data, at, b"caff", b"desc") - at
            check_room(size, len(data) - at, SLACK_BYTES)
            patched = at - 8, min(size, len(data) - at)
        if at + size > len(data):
            end = len(data) if name == b"data" else end
            break
        end = at + size
    if patched is None:
        raise AudioRejected(Rejection.TRUNCATED)
    where, size = patched
    head, tail = data[start:where], data[where + 8 : end]
    return Part(Container.CAF, head + struct.pack(">Q", size) + tail, end)
