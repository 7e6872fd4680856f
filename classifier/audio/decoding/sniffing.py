"""Detects the container of an upload from its bytes; the type that a browser declares is never trusted."""

import struct

from classifier.audio.containers import amr, flac, matroska, mp4, mpeg, riff
from classifier.audio.containers.foreign import name_of
from classifier.audio.containers.kinds import Container
from classifier.audio.exceptions import AudioRejected, Rejection

ID3_HEADER_BYTES = 10
ID3_HAS_FOOTER = 0x10


def sniff(data: bytes) -> tuple[Container, int]:
    """The container of the upload and its offset: tags and junk may precede it.

    Raises AudioRejected(NOT_AUDIO) when the bytes belong to none of ours.
    """
    start = skip_padding(data, 0)
    if container := magic_at(data, 0):
        return container, 0
    if start and (container := magic_at(data, start)):
        return container, start
    foreign = name_of(data)
    if not foreign:
        if frames := mpeg.find_frames(data, start):
            return frames
        if (at := flac.find_flac(data, start, start + mpeg.SEARCH_BYTES)) >= 0:
            return Container.FLAC, at
        if data[:3] == b"ID3":
            # A tag with a wrong length: the demuxer looks further for the first frame.
            return Container.MP3, start
    raise AudioRejected(Rejection.NOT_AUDIO, **({"format": foreign} if foreign else {}))


def magic_at(data: bytes, start: int) -> Container | None:
    """The container whose magic bytes are at `start`; None for streams of bare frames."""
    head = data[start : start + 12]
    if head[:4] in riff.MAGIC and head[8:] == b"WAVE":
        return Container.WAV
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return Container.AIFF
    if head[4:8] in mp4.FIRST_BOXES:
        return Container.MP4
    if head.startswith(amr.MAGIC):
        return Container.AMR
    by_magic = {
        flac.MAGIC: Container.FLAC,
        b"OggS": Container.OGG,
        matroska.MAGIC: Container.MATROSKA,
        b".snd": Container.AU,
        b"caff": Container.CAF,
    }
    return by_magic.get(head[:4])


def skip_padding(data: bytes, start: int) -> int:
    """Offset behind the zeros and tags that begin at `start`."""
    while start < len(data):
        after = _after_tag(data, start)
        if after == start and data[start] == 0:
            after = len(data) - len(data[start:].lstrip(b"\0"))
        if after == start:
            break
        start = min(after, len(data))
    return start


def _after_tag(data: bytes, start: int) -> int:
    head = data[start : start + 32]
    if head[:3] == b"ID3" and len(head) >= ID3_HEADER_BYTES:
        size = 0
        for byte in head[6:10]:
            size = size << 7 | byte & 0x7F
        return start + size + ID3_HEADER_BYTES * (2 if head[5] & ID3_HAS_FOOTER else 1)
    if head[:8] == mpeg.APE_TAG and len(head) == mpeg.APE_FOOTER_BYTES:
        size = int(struct.unpack_from("<I", head, 12)[0])
        return start + mpeg.APE_FOOTER_BYTES + size
    if head[:3] == b"TAG":
        return start + mpeg.ID3V1_BYTES
    return start
