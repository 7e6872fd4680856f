"""MPEG audio: streams of frames with nothing before them but what a recorder or a radio left there."""

import struct
from collections.abc import Callable

from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import Part, check_room

FrameSize = Callable[[bytes, int], int]
KBITS = {  # by layer and index, for MPEG 1 and for MPEG 2 and 2.5
    (1, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {0b11: (44_100, 48_000, 32_000), 0b10: (22_050, 24_000, 16_000), 0b00: (11_025, 12_000, 8_000)}
MPEG_1 = 0b11
# Nobody ever recorded in layer I, and text in UTF-16 begins with its mark.
LAYERS = {0b10: 2, 0b01: 3}
# Chance produces the mark of a frame often; two at the very start, or four after junk, are proof enough.
PROOF_AT_START, PROOF_AFTER_JUNK = 2, 4
SEARCH_BYTES = 256 * 1024
ID3V1_BYTES = 128
HAS_FRAMES, HAS_BYTES = 1, 2
APE_TAG, APE_FOOTER_BYTES = b"APETAGEX", 32


def adts_frame_size(data: bytes, offset: int) -> int:
    """Bytes of the ADTS frame at `offset`, 0 when there is none."""
    head = data[offset : offset + 6]
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    size = (head[3] & 0x03) << 11 | head[4] << 3 | head[5] >> 5
    return size if size > 7 else 0


def mp3_frame_size(data: bytes, offset: int) -> int:
    """Bytes of the MPEG frame of layer II or III at `offset`, 0 when there is none."""
    head = data[offset : offset + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return 0
    version, layer = head[1] >> 3 & 3, LAYERS.get(head[1] >> 1 & 3)
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version not in RATES or layer is None or bitrate in (0, 15) or rate == 3:
        return 0
    generation = 1 if version == MPEG_1 else 2
    bits_per_second = KBITS[generation, layer][bitrate] * 1000
    hertz, padding = RATES[version][rate], head[2] >> 1 & 1
    return _samples(version, layer) // 8 * bits_per_second // hertz + padding


def _samples(version: int, layer: int) -> int:
    """Samples per channel in each frame."""
    return 576 if layer == 3 and version != MPEG_1 else 1152


def find_frames(data: bytes, start: int) -> tuple[Container, int] | None:
    """The kind of the frames that follow at or behind `start`, and where the first of them begins."""
    at, last = start, min(len(data), start + SEARCH_BYTES)
    while 0 <= at < last:
        proof = PROOF_AT_START if at == start else PROOF_AFTER_JUNK
        for container, frame_size in ((Container.AAC, adts_frame_size), (Container.MP3, mp3_frame_size)):
            if _is_chain(data, at, frame_size, proof):
                return container, at
        at = data.find(b"\xff", at + 1, last)
    return None


def _is_chain(data: bytes, offset: int, frame_size: FrameSize, proof: int) -> bool:
    """Whether so many alike frames follow each other, or fewer of which the last reaches the end."""
    first = data[offset : offset + 3]
    if len(first) < 3:
        return False
    for _ in range(proof):
        # Version, layer and rate stay the same; a bit rate may change from frame to frame.
        alike = data[offset + 1 : offset + 2] == first[1:2] and data[offset + 2] & 0x0C == first[2] & 0x0C
        size = frame_size(data, offset) if alike else 0
        if not size:
            return False
        offset += size
        if offset + 6 > len(data):
            return True
    return True


def read_aac(data: bytes, start: int) -> Part:
    """All frames from `start` on."""
    return Part(Container.AAC, data[start:], len(data))


def read_mp3(data: bytes, start: int) -> Part:
    """The file at `start`, up to another that was joined to it.

    Only files with a Xing or Info header, as LAME and libav write it, declare their length.
    Raises AudioRejected (TRUNCATED, WRONG_HEADER).
    """
    size = mp3_frame_size(data, start)
    first = data[start : start + size]
    at = max(first.find(b"Xing", 4, 64), first.find(b"Info", 4, 64))
    if at < 0 or len(first) < at + 16:
        return Part(Container.MP3, _without_tags(data[start:]), len(data))
    flags, *fields = struct.unpack_from(">III", first, at + 4)
    declared_s, end = 0.0, len(data)
    if flags & HAS_FRAMES:
        version, rate = first[1] >> 3 & 3, first[2] >> 2 & 3
        declared_s = fields[0] * _samples(version, LAYERS[first[1] >> 1 & 3]) / RATES[version][rate]
    if flags & HAS_BYTES:
        stream_bytes = fields[1] if flags & HAS_FRAMES else fields[0]
        check_room(stream_bytes, len(data) - start, size + ID3V1_BYTES)
        # Some count the header's own frame as a part of the stream, some do not.
        behind = [start + stream_bytes, start + stream_bytes + size]
        end = next((at for at in behind if at >= start + size and _begins_file(data, at)), len(data))
    return Part(Container.MP3, _without_tags(data[start:end]), end, declared_s)


def mpeg_at(data: bytes, offset: int) -> Container | None:
    """The kind of the frames that certainly begin at `offset`."""
    kinds = ((Container.AAC, adts_frame_size), (Container.MP3, mp3_frame_size))
    return next((kind for kind, size in kinds if _is_chain(data, offset, size, PROOF_AFTER_JUNK)), None)


def _begins_file(data: bytes, offset: int) -> bool:
    return data.startswith((b"ID3", b"TAG", APE_TAG), offset) or mpeg_at(data, offset) is not None


def _without_tags(data: bytes) -> bytes:
    """Without the tags at the end, in whose pictures the decoder might find frames."""
    end = len(data)
    if data[end - ID3V1_BYTES : end - ID3V1_BYTES + 3] == b"TAG":
        end -= ID3V1_BYTES
    footer = data[max(end - APE_FOOTER_BYTES, 0) : end]
    if footer[:8] == APE_TAG:
        (size,) = struct.unpack_from("<I", footer, 12)
        end -= min(size, end) if size >= APE_FOOTER_BYTES else 0
        if data[max(end - APE_FOOTER_BYTES, 0) : end][:8] == APE_TAG:
            end -= APE_FOOTER_BYTES
    return data[:end] if end > 0 else data
