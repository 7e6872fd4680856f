"""A clip's sound and spectrogram, for those who may hear it."""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from typing import Any, NamedTuple, Protocol, TypeVar
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from soundfile import SoundFileError

from classifier.audio.display import mel_spectrogram
from classifier.clip_files import read_waveform
from classifier.models import Clip
from classifier.places import Places
from classifier.wav import WavReader
from emotion_site.error_pages import answer
from emotion_site.exceptions import UserError

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer", bound=HttpResponseBase)

# The spectrogram of ten minutes takes 80 MB and a second.
_drawing = Places(2)
# Numbers that are longer than any file are no range, and Python would not even read them.
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# More than this is read while it is sent: a reader who is slow, or many, must not fill the memory.
SENT_AT_ONCE = 256 * 1024
PIECE = 64 * 1024
# What is wrong with a file that was lost or damaged since it was stored.
UNREADABLE = (FileNotFoundError, SoundFileError)


class Readable(Protocol):
    size: int

    def seek(self, offset: int, /) -> Any: ...
    def read(self, length: int, /) -> bytes: ...
    def close(self) -> None: ...


class SoundFormat(NamedTuple):
    """What a clip is sent as; ``read`` makes it of the stored file."""

    suffix: str
    read: Callable[[Any], Readable]


FLAC = SoundFormat("flac", lambda stored: stored)
# For players: see `classifier.wav`.
WAV = SoundFormat("wav", WavReader)


@login_required
def audio(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    clip = get_object_or_404(Clip.objects.visible_to(request.user), pk=pk)
    return audio_response(request, clip, FLAC if "download" in request.GET else WAV, name=clip.title)


@login_required
def spectrogram(request: HttpRequest, pk: UUID) -> HttpResponse:
    """JSON for wavesurfer: levels from 0 to 255 as [channel][frame][mel band]."""
    return spectrogram_response(request, get_object_or_404(Clip.objects.visible_to(request.user), pk=pk))


def spectrogram_response(request: HttpRequest, clip: Clip) -> HttpResponse:
    etag = f'"{clip.checksum}-mel"'
    if (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return unchanged
    try:
        with _drawing.one():
            levels = mel_spectrogram(read_waveform(clip))
    except UserError as error:
        return answer(request, error)
    except UNREADABLE as error:
        raise _not_found(clip, error) from error
    body = json.dumps([levels.tolist()], separators=(",", ":"))
    return _private(HttpResponse(body, content_type="application/json"), etag)


def audio_response(
    request: HttpRequest, clip: Clip, sound: SoundFormat, *, name: str = ""
) -> HttpResponseBase:
    """The clip's sound, whole or the one range that a player asked for (RFC 9110, section 14).

    ``name`` is what a downloaded file is called; only the clip's owner may see its title.
    """
    etag = f'"{clip.checksum}-{sound.suffix}"'
    unchanged: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    response = _ranged(request, _opened(clip, sound))
    response["Content-Type"] = f"audio/{sound.suffix}"
    response["Accept-Ranges"] = "bytes"
    filename = f"{slugify(name) or 'clip'}.{sound.suffix}"
    response["Content-Disposition"] = content_disposition_header("download" in request.GET, filename) or ""
    return _private(response, etag)


def _opened(clip: Clip, sound: SoundFormat) -> Readable:
    try:
        return sound.read(clip.audio.open("rb"))
    except UNREADABLE as error:
        raise _not_found(clip, error) from error


def _not_found(clip: Clip, error: Exception) -> Http404:
    logger.error("The stored sound cannot be read clip=%s reason=%s", clip.pk, error)
    return Http404()


def _ranged(request: HttpRequest, file: Readable) -> HttpResponse | StreamingHttpResponse:
    size = file.size
    span = _requested_span(request, size)
    first, last = span or (0, size - 1)
    if first >= size or first > last:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = _piece(file, first, last - first + 1)
    if span is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _requested_span(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """First and last byte asked for, or None for the whole; several ranges are answered whole."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


class _Pieces:
    """What is left to send of an open file, read piece by piece in another thread as it is sent."""

    def __init__(self, file: Readable, length: int) -> None:
        self._file, self._length = file, length
        # Django calls it at the end of the response, also when nothing was read.
        self.close = file.close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._length
        while left > 0 and (piece := await asyncio.to_thread(self._file.read, min(left, PIECE))):
            left -= len(piece)
            yield piece


def _piece(file: Readable, first: int, length: int) -> HttpResponse | StreamingHttpResponse:
    """So many bytes of the file from the byte ``first``; closes it."""
    file.seek(first)
    response: HttpResponse | StreamingHttpResponse
    if length > SENT_AT_ONCE:
        response = StreamingHttpResponse(_Pieces(file, length))
    else:
        with closing(file):
            response = HttpResponse(file.read(length))
    response["Content-Length"] = str(length)
    return response


def _private(response: Answer, etag: str) -> Answer:
    # The browser asks again each time, so a clip that was deleted or withdrawn falls silent at once.
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    return response
