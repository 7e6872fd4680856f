"""Requests that no browser sends get an answer, not a crash."""

import base64
import json
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle

from classifier.models import Clip
from tests.factories import ClipFactory

API = "/api/v1/clips/"
DEEP = "[" * 100_000


@pytest.fixture
def clip(speaker) -> Clip:
    return ClipFactory(owner=speaker, title="Secret thoughts", answer="sad")


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize("moment", ["garbage", "9999999", "2026-13-45", "\0"])
@pytest.mark.parametrize("pk", [str(UUID(int=0)), "garbage", "\0", 7, None, [], {}])
def test_api_cursor_that_names_no_place_is_refused(speaker_client, clip, moment, pk):
    response = speaker_client.get(API, {"cursor": encoded(json.dumps(["after", moment, pk]))})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("text", ["garbage", "{}", "[]", '["after"]', '["beside", "2026-01-01", "x"]', DEEP])
def test_damaged_api_cursor_is_refused(speaker_client, clip, text):
    response = speaker_client.get(API, {"cursor": encoded(text[:15_000])})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_deeply_nested_json_is_refused(speaker_client, clip):
    response = speaker_client.patch(f"{API}{clip.pk}/", DEEP, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_much_json_is_refused(speaker_client, clip, settings):
    text = json.dumps({"title": "a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    response = speaker_client.patch(f"{API}{clip.pk}/", text, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "parts",
    [
        {f"field{number}": "x" for number in range(1001)},
        {"file": [SimpleUploadedFile("voice.wav", b"x") for _ in range(101)]},
    ],
    ids=["fields", "files"],
)
def test_too_many_parts_are_refused_in_the_shape_of_the_api(speaker_client, parts):
    response = speaker_client.post(API, parts)
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("limits", ["9" * 5000 + "-", "-" + "9" * 5000, "0-" + "9" * 5000])
def test_absurd_range_is_answered_whole(speaker_client, stored_clip, limits):
    response = speaker_client.get(
        reverse("classifier:audio", args=[stored_clip.pk]), headers={"range": f"bytes={limits}"}
    )
    assert response.status_code == 200


def test_program_may_accept_nothing_but_sound(speaker_client, stored_clip):
    path = reverse("api:clip-audio", args=[stored_clip.pk])
    response = speaker_client.get(path, headers={"accept": "audio/flac"})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "audio/flac")


@pytest.fixture
def stored_clip(speaker, speaker_client, model_version, upload) -> Clip:
    assert speaker_client.post(API, {"file": upload()}).status_code == 201
    return Clip.objects.get()


@pytest.mark.parametrize("name", ["history", "chart", "export"])
@pytest.mark.parametrize("days", ["until=9999-12-31", "since=0001-01-01"])
def test_days_at_the_end_of_time_are_passed_over(speaker_client, clip, name, days):
    response = speaker_client.get(f"{reverse(f'classifier:{name}')}?{days}")
    assert response.status_code == 200


def test_deeply_nested_place_in_the_history_shows_the_first_page(speaker_client, clip):
    response = speaker_client.get(reverse("classifier:history"), {"cursor": encoded(DEEP[:15_000])})
    assert "Secret thoughts" in response.content.decode()


def test_undo_that_names_a_strangers_clip_first_is_not_found(speaker_client, clip):
    speaker_client.post(reverse("classifier:delete"), {"ids": clip.pk})
    ids = [ClipFactory().pk, clip.pk]
    response = speaker_client.post(
        reverse("classifier:restore"), {"ids": ids, "in_place": "1"}, headers={"hx-request": "true"}
    )
    assert response.status_code == 404


def test_plain_form_is_no_way_around_the_throttle(speaker_client, monkeypatch):
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", "3/min")
    files = [SimpleUploadedFile("voice.wav", b"x") for _ in range(5)]
    response = speaker_client.post("/", {"file": files})
    said = [refusal["detail"] for refusal in response.context["refusals"]]
    assert sum("Wait a minute" in str(detail) for detail in said) == 2
    again = speaker_client.post("/", {"file": SimpleUploadedFile("voice.wav", b"x")})
    assert again.status_code == 429
    assert int(again.headers["Retry-After"]) > 0
    assert speaker_client.get(API).status_code == 429


@pytest.mark.parametrize("page", ["", "{}/change/", "{}/history/", "{}/delete/"])
@pytest.mark.parametrize("model", ["clip", "prediction"])
def test_admin_site_shows_no_title(admin_client, clip, model, page):
    pk = clip.pk if model == "clip" else clip.predictions.get().pk
    response = admin_client.get(f"/admin/classifier/{model}/{page.format(pk)}", follow=True)
    assert response.status_code in (200, 403)
    assert "Secret thoughts" not in response.content.decode()
