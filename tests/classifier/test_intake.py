"""However many upload at once, only a few uploads are in memory, and nobody waits for ever."""

from contextlib import ExitStack

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classifier import intake, media, places
from classifier.models import Clip
from classifier.services import submit_clip
from emotion_site.exceptions import UserError
from tests.factories import ClipFactory


class CountedUpload(SimpleUploadedFile):
    """Remembers whether anybody has read it."""

    was_read = False

    def read(self, *arguments):
        self.was_read = True
        return super().read(*arguments)


@pytest.fixture
def every_place_taken(monkeypatch, settings):
    monkeypatch.setattr(places, "MAX_WAIT_S", 0.1)
    with ExitStack() as taken:
        for _place in range(2 * settings.DECODER_PROCESSES):
            taken.enter_context(intake.places().one())
        yield


def test_upload_that_finds_no_place_is_not_read(speaker, every_place_taken):
    upload = CountedUpload("voice.wav", b"anything")
    with pytest.raises(UserError) as refused:
        submit_clip(owner=speaker, file=upload, source=Clip.Source.API)
    assert (refused.value.code, refused.value.status, refused.value.retry_after_s) == ("busy", 503, 2)
    assert not upload.was_read


def test_refused_upload_leaves_its_place(speaker):
    for _upload in range(20):
        with pytest.raises(UserError, match="no_model"):
            submit_clip(owner=speaker, file=CountedUpload("voice.wav", b"anything"), source=Clip.Source.API)


def test_spectrogram_waits_its_turn(speaker, speaker_client, monkeypatch):
    monkeypatch.setattr(places, "MAX_WAIT_S", 0.1)
    address = reverse("classifier:spectrogram", args=[ClipFactory(owner=speaker).pk])
    with media._drawing.one(), media._drawing.one():
        response = speaker_client.get(address)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")


@pytest.mark.parametrize(("seconds", "minutes"), [(600, "10"), (45, "0:45"), (90, "1:30")])
def test_the_longest_length_is_told_as_people_say_it(settings, seconds, minutes):
    settings.CLIP_MAX_SECONDS = seconds
    assert f"longer than {minutes} minutes" in str(intake._refused("too_long").detail)
