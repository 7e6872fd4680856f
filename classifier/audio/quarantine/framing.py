"""Messages between a server process and its decoder: a small JSON header and bytes.

A message is `magic, length of header, length of body`, then the two. Reading never believes a length that no
decoder could have meant, so that what is no message is noticed at once.

`multiprocessing.connection` has a limit on length too, but none on time: `send_bytes` and `recv_bytes` block
for as long as the other side leaves a message half read or half written, which a hostile decoder may.
"""

import json
import os
import select
import struct
import time
from typing import Any, BinaryIO

MAGIC = b"clip"
PREFIX = struct.Struct("!4sII")
MAX_HEADER_BYTES = 256 * 1024
MAX_BODY_BYTES = 256 * 1024 * 1024
# In the header of a request whose sender needs nothing but the samples.
WAVEFORM_ONLY = "waveform_only"

Message = tuple[dict[str, Any], bytes]


class BrokenMessage(Exception):
    """The other side ended in the middle of a message, or what it sent is none."""


def pack(header: dict[str, Any], *body: bytes) -> bytes:
    """One message as bytes."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join((PREFIX.pack(MAGIC, len(text), sum(map(len, body))), text, *body))


def read_message(stream: BinaryIO) -> Message | None:
    """The next message of a blocking stream, or None when the other side closed it between two messages."""
    prefix = stream.read(PREFIX.size)
    if not prefix:
        return None
    header_bytes, body_bytes = _lengths(prefix)
    return _parse(stream.read(header_bytes)), stream.read(body_bytes)


def send(fd: int, message: bytes, deadline: float) -> None:
    """Write a message to a pipe that does not block, until `deadline` (monotonic time).

    Raises TimeoutError at the deadline, OSError when the other side died.
    """
    unsent = memoryview(message)
    while unsent:
        _wait(fd, select.POLLOUT, deadline)
        unsent = unsent[os.write(fd, unsent) :]


def receive(fd: int, deadline: float) -> Message:
    """The next message of a pipe that does not block, waited for until `deadline` (monotonic time).

    Raises TimeoutError at the deadline, BrokenMessage or OSError when the other side died or sent no message.
    """
    header_bytes, body_bytes = _lengths(_read_exactly(fd, PREFIX.size, deadline))
    header = _parse(_read_exactly(fd, header_bytes, deadline))
    return header, _read_exactly(fd, body_bytes, deadline)


def _lengths(prefix: bytes) -> tuple[int, int]:
    if len(prefix) < PREFIX.size:
        raise BrokenMessage("cut prefix")
    magic, header_bytes, body_bytes = PREFIX.unpack(prefix)
    if magic != MAGIC or header_bytes > MAX_HEADER_BYTES or body_bytes > MAX_BODY_BYTES:
        raise BrokenMessage("not a message")
    return header_bytes, body_bytes


def _parse(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise BrokenMessage("header is not JSON") from error
    if not isinstance(header, dict):
        raise BrokenMessage("header is not an object")
    return header


def _read_exactly(fd: int, n_bytes: int, deadline: float) -> bytes:
    received = bytearray(n_bytes)
    rest = memoryview(received)
    while rest:
        _wait(fd, select.POLLIN, deadline)
        n_read = os.readv(fd, [rest])
        if not n_read:
            raise BrokenMessage("ended in the middle")
        rest = rest[n_read:]
    return bytes(received)


def _wait(fd: int, event: int, deadline: float) -> None:
    poller = select.poll()
    poller.register(fd, event)
    remaining_ms = (deadline - time.monotonic()) * 1000
    if remaining_ms <= 0 or not poller.poll(remaining_ms):
        raise TimeoutError
