"""Walks through the chunks of RIFF, IFF and CAF files, which differ only in how they write a size."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

# The first bytes of another file: what stands here is no chunk of this one any more.
FILE_NAMES = frozenset([b"RIFF", b"RF64", b"BW64", b"RIFX", b"FORM", b"OggS", b"fLaC", b"caff"])
RIFF = struct.Struct("<4sI")
IFF = struct.Struct(">4sI")
CAF = struct.Struct(">4sQ")


class Chunk(NamedTuple):
    """Its name, where its content begins and how long it claims to be, in bytes."""

    name: bytes
    at: int
    size: int


def walk_chunks(data: bytes, offset: int, header: struct.Struct) -> Iterator[Chunk]:
    """The chunks from `offset` on, to the end of the data or to what cannot be the name of one."""
    padded = header is not CAF
    while offset + header.size <= len(data):
        name, size = header.unpack_from(data, offset)
        if not _is_name(name):
            return
        at = offset + header.size
        yield Chunk(name, at, size)
        offset = after_chunk(data, at, size) if padded else at + size


def after_chunk(data: bytes, at: int, size: int) -> int:
    """Where the chunk behind one of `size` bytes at `at` begins. Some writers forget to pad odd ones."""
    end = at + size
    forgot = data[end : end + 1] != b"\0" and _is_name(data[end : end + 4])
    return min(end + (size & 1 and not forgot), len(data))


def file_at(data: bytes, offset: int, magic: bytes, kind: bytes) -> int:
    """Where the next whole file of a `kind` begins at or behind `offset`, or the end of the data.

    Recordings from a pipe, joined, declare no length.
    """
    while (offset := data.find(magic, offset)) >= 0:
        if data.startswith(kind, offset + len(magic) + 4):
            return offset
        offset += 1
    return len(data)


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and name.isascii() and name.decode().isprintable() and name not in FILE_NAMES
