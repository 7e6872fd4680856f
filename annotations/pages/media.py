"""The sound of other people's clips for players on pages; every listen is logged."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from annotations.listening.audio import logged_audio, logged_spectrogram
from annotations.queue.guidelines import example_clips
from annotations.queue.offers import playable_by
from classifier.pages.media import WAV
from emotion_site.sign_in.guards import SignedInRequest


@login_required
@require_GET
def audio(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    clip = get_object_or_404(playable_by(request.user), pk=pk)
    return logged_audio(request, WAV, listener=request.user, clip=clip)


@login_required
@require_GET
def spectrogram(request: SignedInRequest, pk: UUID) -> HttpResponse:
    clip = get_object_or_404(playable_by(request.user), pk=pk)
    return logged_spectrogram(request, listener=request.user, clip=clip)


@login_required
@require_GET
def example_audio(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    clip = get_object_or_404(example_clips(request.user), pk=pk)
    return logged_audio(request, WAV, listener=request.user, clip=clip)
