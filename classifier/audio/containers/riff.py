"""WAV and its 64-bit variants RF64 and BW64, rewritten with a header that libav cannot misread."""

import struct
from dataclasses import dataclass, field

import numpy as np

from classifier.audio.containers.chunks import RIFF, after_chunk, file_at, walk_chunks
from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import SLACK_BYTES, Part, check_room, is_unknown_size
from classifier.audio.exceptions import AudioRejected, Rejection

MAGIC = frozenset([b"RIFF", b"RF64", b"BW64"])
PCM, FLOAT, A_LAW, MU_LAW, EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
# Samples that stand for themselves: everything about them follows from rate, channels and width.
PLAIN = frozenset([PCM, FLOAT, A_LAW, MU_LAW])
FORMAT = struct.Struct("<HHIIHH")
# Bytes of a sample.
WIDTHS = frozenset([1, 2, 3, 4, 8])
# How a format of its own hides in the extensible one: two bytes of it, then this.
EXTENSION_TAIL = bytes.fromhex("000000001000800000aa00389b71")
NOT_HERE_BYTES = 0xFFFF_FFFF


@dataclass
class _Found:
    """What the chunks of one file hold; `end` is where the last of them ends."""

    format: bytes = b""
    fact: bytes = b""
    sound: list[bytes | memoryview] = field(default_factory=list)
    data_bytes: int = NOT_HERE_BYTES
    end: int = 0


def read_riff(data: bytes, start: int) -> Part:
    """The file at `start` as a plain WAV. Raises AudioRejected (TRUNCATED, WRONG_HEADER)."""
    found = _find(data, start)
    if not found.sound:
        raise AudioRejected(Rejection.TRUNCATED)
    if len(found.format) < FORMAT.size:
        raise AudioRejected(Rejection.WRONG_HEADER)
    sound = found.sound[0] if len(found.sound) == 1 else b"".join(found.sound)
    header, sound = _plain(found.format, sound)
    fact = b"" if header is not found.format else _chunk(b"fact", found.fact)
    body = _chunk(b"fmt ", header) + fact + struct.pack("<4sI", b"data", len(sound))
    head = struct.pack("<4sI4s", b"RIFF", 4 + len(body) + len(sound), b"WAVE")
    # Most files have exactly this header already, and memory for a copy of them costs more than reading it.
    is_plain = start == 0 and data.startswith(head + body) and len(data) == len(head + body) + len(sound)
    whole = data if is_plain else b"".join([head, body, sound])
    return Part(Container.WAV, whole, found.end, _seconds(header, fact))


def _find(data: bytes, start: int) -> _Found:
    found = _Found(end=start)
    for name, at, size in walk_chunks(data, start + 12, RIFF):
        content = data[at : at + size] if name in (b"ds64", b"fmt ", b"fact") else b""
        if name == b"data":
            size = found.data_bytes if size == NOT_HERE_BYTES else size
            if is_unknown_size(size, widest=64):
                found.end = file_at(data, at, b"RIFF", b"WAVEfmt ")
                found.sound.append(memoryview(data)[at : found.end])
                found.fact = b""
                break
            check_room(size, len(data) - at, SLACK_BYTES)
            found.sound.append(memoryview(data)[at : at + size])
        elif name == b"ds64" and len(content) >= 16:
            (found.data_bytes,) = struct.unpack_from("<Q", content, 8)
        elif name == b"fmt " and not found.format:
            found.format = content
        elif name == b"fact":
            n_samples = int.from_bytes(content[:4], "little")
            found.fact = b"" if is_unknown_size(n_samples) else content[:4]
        elif found.sound and at + size > len(data):
            break
        found.end = after_chunk(data, at, size)
    return found


def _plain(header: bytes, sound: bytes | memoryview) -> tuple[bytes, bytes | memoryview]:
    """Header and sound in the width of the container, whatever number of valid bits is declared.

    The header comes back itself where it is one of a compressed format.
    """
    kind, channels, rate, _, frame_bytes, bits = FORMAT.unpack_from(header)
    valid = bits
    if kind == EXTENSIBLE and header[26:40] == EXTENSION_TAIL:
        kind, valid = struct.unpack_from("<H", header, 24)[0], struct.unpack_from("<H", header, 18)[0]
    if not channels or not rate:
        raise AudioRejected(Rejection.WRONG_HEADER)
    if kind not in PLAIN:
        return header, sound
    frame_bytes = frame_bytes or channels * ((bits + 7) // 8)
    width, odd = divmod(frame_bytes, channels)
    if odd or width not in WIDTHS or width < (bits + 7) // 8:
        raise AudioRejected(Rejection.WRONG_HEADER)
    if kind == PCM and 0 < valid < 8 * width and width in (2, 3, 4):
        width, sound = _left_justified(sound, width, valid)
    frame_bytes = width * channels
    return FORMAT.pack(kind, channels, rate, rate * frame_bytes & 0xFFFF_FFFF, frame_bytes, 8 * width), sound


def _seconds(header: bytes, fact: bytes) -> float:
    """The declared length of compressed sound, which libav does not always use."""
    rate: int = struct.unpack_from("<I", header, 4)[0]
    return int.from_bytes(fact[8:12], "little") / rate


def _left_justified(sound: bytes | memoryview, width: int, valid: int) -> tuple[int, bytes | memoryview]:
    """Left-justify samples with fewer valid bits than their container, which some writers do not."""
    count = len(sound) // width
    wide = np.zeros((count, 4), np.uint8)
    wide[:, 4 - width :] = np.frombuffer(sound, np.uint8, count * width).reshape(count, width)
    samples = wide.view("<i4")[:, 0] >> 8 * (4 - width)
    lower_bits = (1 << (8 * width - valid)) - 1
    highest = 1 << (valid - 1)
    if not (samples & lower_bits).any() or samples.min() < -highest or samples.max() >= highest:
        return width, sound
    return 4, (samples << (32 - valid)).astype("<i4").tobytes()


def _chunk(name: bytes, content: bytes) -> bytes:
    """A whole chunk, or nothing where there is no content."""
    return struct.pack("<4sI", name, len(content)) + content + b"\0" * (len(content) & 1) if content else b""
