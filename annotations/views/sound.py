"""Clips of others, for those who may hear them now; every listen is kept."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from annotations.offers import hearable_by, log_listen
from classifier.media import audio_response, spectrogram_response
from emotion_site.access import SignedInRequest


@login_required
@require_GET
def audio(request: SignedInRequest, pk: UUID) -> HttpResponse:
    clip = get_object_or_404(hearable_by(request.user), pk=pk)
    response = audio_response(request, clip)
    if _is_a_beginning(request, response):
        log_listen(listener=request.user, clip=clip)
    return response


@login_required
@require_GET
def spectrogram(request: SignedInRequest, pk: UUID) -> HttpResponse:
    return spectrogram_response(request, get_object_or_404(hearable_by(request.user), pk=pk))


def _is_a_beginning(request: SignedInRequest, response: HttpResponse) -> bool:
    """Players fetch a file in pieces; the first, or the browser's own copy, is a listen."""
    if response.status_code in (200, 304):
        return True
    return response.status_code == 206 and response["Content-Range"].startswith("bytes 0-")
