"""The sound of example clips. Whoever listens is written down."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from annotations.guidelines import example_clips
from annotations.offers import log_listen
from classifier.media import audio_response
from classifier.requests import PersonRequest


@login_required
@require_GET
def example_audio(request: PersonRequest, pk: UUID) -> HttpResponse:
    clip = get_object_or_404(example_clips(request.user), pk=pk)
    response = audio_response(request, clip)
    # Players that fetch a file piece by piece begin with its first byte.
    if response.status_code != 416 and request.headers.get("Range", "bytes=0-").startswith("bytes=0-"):
        log_listen(listener=request.user, clip=clip)
    return response
