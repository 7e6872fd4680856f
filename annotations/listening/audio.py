"""Audio and spectrogram of somebody else's clip: every listen is logged."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from annotations.models import ListenLog
from annotations.queue.offers import log_listen
from classifier.models import Clip
from classifier.pages.media import SoundFormat, audio_response, spectrogram_response
from emotion_site.models import User

# Players fetch a long clip in pieces. What comes later than this after the listen was logged is another.
SAME_LISTEN = timedelta(minutes=15)


def logged_audio(request: HttpRequest, sound: SoundFormat, *, listener: User, clip: Clip) -> HttpResponseBase:
    """The clip's audio or the range that was asked for; the listen is logged."""
    response = audio_response(request, clip, sound)
    if response.status_code in (200, 304) or (
        response.status_code == 206 and not _continues_listen(response, listener, clip)
    ):
        log_listen(listener=listener, clip=clip)
    return response


def logged_spectrogram(request: HttpRequest, *, listener: User, clip: Clip) -> HttpResponse:
    """The clip's spectrogram, which reveals nearly as much as its audio; the listen is logged.

    A player fetches both, which is one listen.
    """
    response = spectrogram_response(request, clip)
    if response.status_code in (200, 304) and not _listened_recently(listener, clip):
        log_listen(listener=listener, clip=clip)
    return response


def _continues_listen(response: HttpResponseBase, listener: User, clip: Clip) -> bool:
    """Whether this range continues a listen in the log; a range on its own counts as a listen."""
    if response["Content-Range"].startswith("bytes 0-"):
        return False
    return _listened_recently(listener, clip)


def _listened_recently(listener: User, clip: Clip) -> bool:
    since = timezone.now() - SAME_LISTEN
    return ListenLog.objects.filter(listener=listener, clip=clip, created__gt=since).exists()
