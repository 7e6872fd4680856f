"""Takes an upload apart into the whole files it is made of, nearly always one.

Recordings that were joined end to end are files with headers of their own, and libav would read the second
with the headers of the first, or not at all.
"""

from collections.abc import Callable

from classifier.audio.containers.aiff import read_aiff
from classifier.audio.containers.amr import read_amr
from classifier.audio.containers.au import read_au
from classifier.audio.containers.caf import read_caf
from classifier.audio.containers.flac import read_flac
from classifier.audio.containers.kinds import Container
from classifier.audio.containers.matroska import read_matroska
from classifier.audio.containers.mp4 import read_mp4
from classifier.audio.containers.mpeg import mpeg_at, read_aac, read_mp3
from classifier.audio.containers.ogg import read_ogg
from classifier.audio.containers.part import Part
from classifier.audio.containers.riff import read_riff
from classifier.audio.decoding.sniffing import magic_at, skip_padding, sniff
from classifier.audio.exceptions import AudioRejected

READERS: dict[Container, Callable[[bytes, int], Part]] = {
    Container.WAV: read_riff,
    Container.AIFF: read_aiff,
    Container.AU: read_au,
    Container.CAF: read_caf,
    Container.FLAC: read_flac,
    Container.MP3: read_mp3,
    Container.AAC: read_aac,
    Container.AMR: read_amr,
    Container.OGG: read_ogg,
    Container.MATROSKA: read_matroska,
    Container.MP4: read_mp4,
}
# Each costs a moment even when nothing is in it.
MAX_PARTS = 100
# Less than this, or than this share of the whole, is a tag or what a program left behind.
REST_BYTES, REST_SHARE = 1024, 0.02


def split(data: bytes) -> tuple[list[Part], bool]:
    """The files in an upload, and whether more than a few bytes are outside all of them.

    Raises AudioRejected (NOT_AUDIO, TRUNCATED, WRONG_HEADER) about the first.
    """
    container, start = sniff(data)
    parts = [READERS[container](data, start)]
    while len(parts) < MAX_PARTS and (next_part := _next_part(data, parts[-1])):
        parts.append(next_part)
    rest = data[skip_padding(data, parts[-1].end) :]
    return parts, len(rest) > max(REST_BYTES, REST_SHARE * len(data))


def _next_part(data: bytes, before: Part) -> Part | None:
    """The file that was joined to the one before it."""
    start = before.end
    # Zeros may be padding, or the size of the first box of an MP4.
    if (container := magic_at(data, start)) is None:
        start = skip_padding(data, start)
        container = magic_at(data, start) or mpeg_at(data, start)
    if container is None:
        return None
    try:
        return READERS[container](data, start)
    except AudioRejected:
        # What came before is a whole recording; what is wrong with this one is reported as a rest.
        return None
