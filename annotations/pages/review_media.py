"""The sound of example clips. Whoever listens is written down."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from annotations.listening.audio import logged_audio
from annotations.queue.guidelines import example_clips
from classifier.pages.media import WAV
from classifier.pages.requests import PersonRequest


@login_required
@require_GET
def example_audio(request: PersonRequest, pk: UUID) -> HttpResponseBase:
    clip = get_object_or_404(example_clips(request.user), pk=pk)
    return logged_audio(request, WAV, listener=request.user, clip=clip)
