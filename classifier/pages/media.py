"""A clip's sound and spectrogram, for those who may play it."""

import json
import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.utils.translation import gettext as _
from soundfile import SoundFileError

from classifier.audio.spectrogram import mel_spectrogram
from classifier.audio.wav import WavReader
from classifier.clips.slots import Slots
from classifier.clips.storage import read_waveform
from classifier.models import Clip
from emotion_site.exceptions import UserError
from emotion_site.web.error_pages import as_object, error_response
from emotion_site.web.files.ranges import Readable, ranged

logger = logging.getLogger(__name__)

Response = TypeVar("Response", bound=HttpResponseBase)

# The spectrogram of ten minutes takes 80 MB and a second.
DRAWING = Slots(2)
# What is wrong with a file that was lost or damaged since it was stored.
UNREADABLE = (FileNotFoundError, SoundFileError)


class SoundFormat(NamedTuple):
    """What a clip is sent as; ``read`` makes it of the stored file."""

    suffix: str
    read: Callable[[Any], Readable]


FLAC = SoundFormat("flac", lambda stored: stored)
# For players: see `classifier.audio.wav`.
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
        with DRAWING.hold(request.user.pk):
            levels = mel_spectrogram(read_waveform(clip))
    except UserError as error:
        return error_response(request, error)
    except UNREADABLE as error:
        raise _not_found(clip, error) from error
    body = json.dumps([levels.tolist()], separators=(",", ":"))
    return _private(HttpResponse(body, content_type="application/json"), etag)


def audio_response(
    request: HttpRequest, clip: Clip, sound: SoundFormat, *, name: str = ""
) -> HttpResponseBase:
    """The clip's audio, whole or the one requested range (RFC 9110, section 14).

    ``name`` is what a downloaded file is called; only the clip's owner may see its title.
    """
    etag = f'"{clip.checksum}-{sound.suffix}"'
    unchanged: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged if unchanged.status_code == HTTPStatus.NOT_MODIFIED else _precondition_failed()
    response = ranged(request, _open(clip, sound), etag)
    if response.status_code < HTTPStatus.BAD_REQUEST:
        response["Content-Type"] = f"audio/{sound.suffix}"
    response["Accept-Ranges"] = "bytes"
    filename = f"{slugify(name) or 'clip'}.{sound.suffix}"
    response["Content-Disposition"] = content_disposition_header("download" in request.GET, filename) or ""
    return _private(response, etag)


def _open(clip: Clip, sound: SoundFormat) -> Readable:
    try:
        return sound.read(clip.audio.open("rb"))
    except UNREADABLE as error:
        raise _not_found(clip, error) from error


def _not_found(clip: Clip, error: Exception) -> Http404:
    logger.error("The stored sound cannot be read clip=%s reason=%s", clip.pk, error)
    return Http404()


def _precondition_failed() -> HttpResponse:
    detail = _("The sound is not the one that you asked for with If-Match.")
    return as_object(UserError("precondition_failed", detail, status=412))


def _private(response: Response, etag: str) -> Response:
    # The browser asks again each time, so a clip that was deleted or withdrawn falls silent at once.
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    return response
