from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import Part

MAGIC = b"fLaC"
# The first block of every file: 34 bytes about the stream.
FIRST_BLOCK = MAGIC + b"\0\0\0\x22"
LAST_FIRST_BLOCK = MAGIC + b"\x80\0\0\x22"
SMALLEST_BYTES = 42


def read_flac(data: bytes, start: int) -> Part:
    """The file at `start`, up to another that was joined to it."""
    end = find_flac(data, start + SMALLEST_BYTES)
    end = len(data) if end < 0 else end
    return Part(Container.FLAC, data[start:end], end)


def find_flac(data: bytes, start: int, end: int | None = None) -> int:
    """Where a whole file begins at or behind `start`, -1 where none does."""
    found = [data.find(block, start, end) for block in (FIRST_BLOCK, LAST_FIRST_BLOCK)]
    return min((at for at in found if at >= 0), default=-1)
