"""A clip's sound and spectrogram, for those who may hear it."""

import json
import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.text import slugify

from classifier.audio.display import mel_spectrogram
from classifier.clip_files import read_waveform
from classifier.models import Clip
from classifier.places import Places
from emotion_site.error_pages import answer
from emotion_site.exceptions import UserError

# The spectrogram of ten minutes takes 80 MB and a second.
_drawing = Places(2)
# Numbers that are longer than any file are no range, and Python would not even read them.
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


@login_required
def audio(request: HttpRequest, pk: UUID) -> HttpResponse:
    clip = get_object_or_404(Clip.objects.visible_to(request.user), pk=pk)
    return audio_response(request, clip, name=clip.title)


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
    body = json.dumps([levels.tolist()], separators=(",", ":"))
    return _private(HttpResponse(body, content_type="application/json"), etag)


def audio_response(request: HttpRequest, clip: Clip, *, name: str = "") -> HttpResponse:
    """The stored FLAC, whole or the one range that a player asked for (RFC 9110, section 14).

    ``name`` is what a downloaded file is called; only the clip's owner may see its title.
    """
    etag = f'"{clip.checksum}"'
    if (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return unchanged
    with clip.audio.open("rb") as file:
        size = clip.audio.size
        span = _requested_span(request, size)
        if span is None:
            response = HttpResponse(file.read())
        elif span[0] >= size or span[0] > span[1]:
            response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        else:
            first, last = span
            file.seek(first)
            response = HttpResponse(file.read(last - first + 1), status=206)
            response["Content-Range"] = f"bytes {first}-{last}/{size}"
    response["Content-Type"] = "audio/flac"
    response["Accept-Ranges"] = "bytes"
    filename = (slugify(name) or "clip") + ".flac"
    response["Content-Disposition"] = content_disposition_header("download" in request.GET, filename) or ""
    return _private(response, etag)


def _requested_span(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """First and last byte asked for, or None for the whole; several ranges are answered whole."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _private(response: HttpResponse, etag: str) -> HttpResponse:
    # The browser asks again each time, so a clip that was deleted or withdrawn falls silent at once.
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = etag
    response["X-Content-Type-Options"] = "nosniff"
    return response
