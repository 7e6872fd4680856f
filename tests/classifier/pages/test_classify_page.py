import json
import re

import pytest
from django.urls import reverse

from classifier.models import Clip
from emotion_site.exceptions import UserError

pytestmark = pytest.mark.django_db
PAGE = "/"


@pytest.fixture
def send(speaker_client, model_version, upload):
    """Send the form as a browser without JavaScript does."""

    def send_form(*files, **fields):
        return speaker_client.post(PAGE, {"file": list(files), **fields})

    return send_form


def test_signed_out_person_is_sent_to_sign_in(client):
    response = client.get(PAGE)
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_page_offers_recording_and_upload(speaker_client):
    page = speaker_client.get(PAGE)
    assert page.status_code == 200
    text = page.content.decode()
    assert 'id="record-button"' in text
    assert 'type="file"' in text


def test_scripts_get_limits_and_labels(speaker_client, settings):
    text = speaker_client.get(PAGE).content.decode()
    [found] = re.findall(r'<script id="classify-settings" type="application/json">(.*?)</script>', text, re.S)
    handed_over = json.loads(found)
    assert handed_over["maxBytes"] == settings.CLIP_MAX_BYTES
    assert handed_over["labels"]["sad"]["name"] == "Sad"
    assert handed_over["submitUrl"] == reverse("api:clip-list")


def test_page_has_no_inline_style_or_script(speaker_client):
    text = speaker_client.get(PAGE).content.decode()
    assert not re.search(r"\sstyle=|\son\w+=|<style", text)
    assert not re.findall(r"<script>", text)


def test_switches_start_as_the_account_says(speaker, speaker_client):
    speaker.share_for_review = True
    speaker.save()
    form = speaker_client.get(PAGE).context["options_form"]
    assert form["shared_for_review"].value() is True
    assert form["shared_for_training"].value() is False


def test_plain_upload_leads_to_the_clip(send, upload, speaker):
    response = send(upload("good day.wav"), speaker="Ann")
    clip = Clip.objects.get()
    assert (response.status_code, response.url) == (302, clip.get_absolute_url())
    assert (clip.owner, clip.title, clip.speaker, clip.source) == (speaker, "good day", "Ann", "upload")
    assert not clip.shared_for_review


def test_switch_left_off_beats_the_account(send, upload, speaker):
    speaker.share_for_review = speaker.share_for_training = True
    speaker.save()
    send(upload(), shared_for_review="on")
    clip = Clip.objects.get()
    assert clip.shared_for_review
    assert not clip.shared_for_training


def test_several_files_lead_to_the_history(send, upload):
    response = send(upload("a.wav", pitch=120), upload("b.wav", pitch=180))
    assert response.url == reverse("classifier:history")
    assert set(Clip.objects.values_list("title", flat=True)) == {"a", "b"}


def test_one_broken_file_does_not_lose_the_others(send, upload):
    response = send(upload("fine.wav"), upload("broken.wav", content=b"this is a text and no sound"))
    assert response.status_code == 422
    assert [clip.title for clip in response.context["kept"]] == ["fine"]
    assert "broken.wav" in response.content.decode()
    assert Clip.objects.count() == 1


def test_nothing_chosen_says_what_to_do(send):
    response = send()
    assert response.status_code == 400
    assert "Choose a file" in response.content.decode()


def test_same_recording_twice_says_so(send, upload):
    first = send(upload())
    second = send(upload("again.wav"))
    assert second.url == first.url
    assert Clip.objects.count() == 1


def test_too_long_speaker_name_keeps_nothing(send, upload):
    response = send(upload(), speaker="x" * 81)
    assert response.status_code == 400
    assert not Clip.objects.exists()


def test_busy_site_says_when_to_come_back(send, upload, monkeypatch):
    def refuse(**_arguments):
        raise UserError("queue_full", "Too many clips are waiting.", status=503, retry_after_s=7)

    monkeypatch.setattr("classifier.pages.classify.submit_clip", refuse)
    response = send(upload())
    assert response.status_code == 503
    assert response["Retry-After"] == "7"
    assert "Too many clips are waiting." in response.content.decode()


def test_file_name_is_shown_as_text(send, upload):
    response = send(upload("<img src=x>.wav", content=b"no sound at all, only text"))
    assert "<img src=x>" not in response.content.decode()
