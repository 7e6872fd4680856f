import asyncio
import uuid
from threading import Event

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from classifier.models import Clip
from emotion_site.sign_in.tokens import create_token, revoke_token
from emotion_site.web.files import ranges

pytestmark = pytest.mark.django_db
CLIPS = "/api/v1/clips/"


def test_create_answers_with_the_prediction(api, model_version, upload):
    response = api.post(CLIPS, {"file": upload("hello.wav"), "speaker": "Ana", "shared_for_review": "true"})
    assert response.status_code == 201
    body = response.json()
    assert body["status"] == "done" and body["source"] == "api" and body["title"] == "hello"
    assert body["speaker"] == "Ana" and body["shared_for_review"] and not body["shared_for_training"]
    assert set(body["prediction"]) == {
        "label",
        "confidence",
        "sure",
        "scores",
        "duration_s",
        "model_version",
        "segments",
        "quality",
    }
    assert body["prediction"]["model_version"] == model_version.number
    assert body["notes"] == []


def test_same_clip_through_page_and_api_gives_equal_rows(api, stranger, model_version, upload):
    from classifier.clips.submit import submit_clip

    api.post(CLIPS, {"file": upload()})
    submit_clip(owner=stranger, file=upload(), source="api")
    first, second = Clip.objects.order_by("created").values(
        "checksum", "duration_s", "quality", "peaks", "label", "confidence", "margin", "status"
    )
    assert first == second


def test_duplicate_answers_200_with_the_first_clip(api, clip, upload):
    response = api.post(CLIPS, {"file": upload()})
    assert response.status_code == 200
    assert response.json()["id"] == clip["id"]
    assert response.json()["notes"][0]["code"] == "duplicate"


def test_idempotency_key(api, model_version, upload):
    first = api.post(CLIPS, {"file": upload()}, headers={"Idempotency-Key": "k"})
    again = api.post(CLIPS, {"file": upload()}, headers={"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    too_long = api.post(CLIPS, {"file": upload()}, headers={"Idempotency-Key": "k" * 129})
    assert too_long.status_code == 400


def test_long_prediction_answers_202_with_a_status_url(api, model_version, upload, settings):
    settings.ANSWER_WITHIN_SECONDS = 0
    response = api.post(CLIPS, {"file": upload()})
    assert response.status_code == 202
    status = api.get(response["Location"]).json()
    assert status["status"] == "waiting" and status["prediction"] is None


def test_full_queue_answers_503_and_keeps_nothing(api, model_version, upload, settings):
    from classifier.predictions import predictor

    settings.INFERENCE_QUEUE = 1
    predictor.inference_queue.cache_clear()
    queue, gate = predictor.inference_queue(), Event()
    try:
        for _clip in range(queue.concurrency + queue.capacity):
            queue.submit(lambda: gate.wait(30), duration_s=3.0)
        response = api.post(CLIPS, {"file": upload()})
    finally:
        gate.set()
        predictor.inference_queue.cache_clear()
    assert response.status_code == 503 and response.json()["code"] == "queue_full"
    assert int(response["Retry-After"]) >= 1
    assert not Clip.objects.exists()


def test_list_is_paged_by_cursor_with_a_fixed_number_of_queries(
    api, model_version, upload, django_assert_max_num_queries
):
    ids = [api.post(CLIPS, {"file": upload(pitch=100 + i)}).json()["id"] for i in range(5)]
    with django_assert_max_num_queries(6):
        page = api.get(CLIPS, {"page_size": 3}).json()
    rest = api.get(page["next"]).json()
    assert [clip["id"] for clip in page["results"] + rest["results"]] == ids[::-1]


def test_change_delete_restore(api, clip):
    url = clip["status_url"]
    changed = api.patch(url, {"title": "New", "shared_for_training": True}, "application/json").json()
    assert changed["title"] == "New" and changed["shared_for_training"]
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert api.post(url + "restore/").json()["id"] == clip["id"]
    assert api.get(url).status_code == 200
    assert api.post(CLIPS + "not-a-uuid/restore/").status_code == 404


def test_stranger_finds_nothing(client, stranger, clip):
    token = create_token(user=stranger, name="x", days=1)[1]
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    url = clip["status_url"]
    answers = [
        client.get(url),
        client.get(url + "audio/"),
        client.patch(url, {"title": "mine"}, "application/json"),
        client.delete(url),
        client.post(url + "restore/"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["code"] for answer in answers} == {"not_found"}
    assert client.get(CLIPS).json()["results"] == []
    assert client.get(f"{CLIPS}{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda token: None, "token_unknown"),
        (lambda token: revoke_token(token=token), "token_revoked"),
        (lambda token: type(token).objects.update(expires_at=timezone.now()), "token_expired"),
    ],
)
def test_unusable_token_is_refused(client, speaker, spoil, code):
    token, secret = create_token(user=speaker, name="x", days=1)
    spoil(token)
    secret = "emo_wrong" if code == "token_unknown" else secret
    response = client.get(CLIPS, headers={"Authorization": f"Bearer {secret}"})
    assert response.status_code == 401 and response.json()["code"] == code


def test_stranger_without_sign_in_gets_401(client):
    response = client.post(CLIPS)
    assert response.status_code == 401
    assert set(response.json()) == {"code", "detail"}
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/api/v1/nothing/", 404, "not_found"),
        ("put", CLIPS, 405, "method_not_allowed"),
        ("post", "/api/nothing", 404, "not_found"),
    ],
)
def test_every_error_has_one_shape(api, method, path, status, code):
    response = getattr(api, method)(path)
    assert response.status_code == status
    assert response.json()["code"] == code and set(response.json()) == {"code", "detail"}


def test_bad_fields_are_named(api, model_version, upload):
    response = api.post(CLIPS, {"file": upload(), "title": "t" * 121, "source": "moon"})
    assert response.status_code == 400 and response.json()["code"] == "invalid"
    assert "title:" in response.json()["detail"] and "source:" in response.json()["detail"]
    assert not Clip.objects.exists()


def test_too_many_requests_are_told_when_to_come_back(api, monkeypatch):
    from django.core.cache import cache

    from emotion_site.api.throttling import UserThrottle

    cache.clear()
    UserThrottle.THROTTLE_RATES, rates = (
        {**UserThrottle.THROTTLE_RATES, "user": "2/min"},
        UserThrottle.THROTTLE_RATES,
    )
    try:
        codes = [api.get("/api/v1/labels/").status_code for _ in range(3)]
        response = api.get("/api/v1/labels/")
    finally:
        UserThrottle.THROTTLE_RATES = rates
        cache.clear()
    assert codes == [200, 200, 429]
    assert response.json()["code"] == "throttled" and int(response["Retry-After"]) > 0


def test_labels_and_active_model(api, model_version):
    labels = api.get("/api/v1/labels/").json()
    assert [label["key"] for label in labels] == ["neutral", "happy", "sad", "angry", "fearful", "disgust"]
    active = api.get("/api/v1/models/active/").json()
    assert active["number"] == model_version.number and active["labels"] == [label["key"] for label in labels]


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=0-999999999", 206, slice(None)),
        ("bytes=999999999-", 416, None),
        ("bytes=5-2", 416, None),
        ("lines=1-2", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
    ],
)
def test_audio_answers_ranges(api, clip, asked, status, span):
    whole = api.get(clip["audio_url"]).content
    response = api.get(clip["audio_url"], headers={"Range": asked})
    assert response.status_code == status
    if span is not None:
        assert response.content == whole[span]


@pytest.mark.parametrize(
    ("asked", "status", "span"), [("", 200, slice(None)), ("bytes=9-", 206, slice(9, None))]
)
def test_long_audio_is_read_while_it_is_sent(api, clip, monkeypatch, asked, status, span):
    whole = api.get(clip["audio_url"]).content
    monkeypatch.setattr(ranges, "SENT_AT_ONCE", 0)
    monkeypatch.setattr(ranges, "PIECE", 1000)
    response = api.get(clip["audio_url"], headers={"Range": asked})

    async def pieces() -> list[bytes]:
        return [piece async for piece in response.streaming_content]

    sent = asyncio.run(pieces())
    assert response.status_code == status and response["Content-Length"] == str(len(whole[span]))
    assert b"".join(sent) == whole[span] and max(map(len, sent)) == 1000


def test_audio_is_not_sent_again_while_unchanged(api, clip):
    etag = api.get(clip["audio_url"])["ETag"]
    assert api.get(clip["audio_url"], headers={"If-None-Match": etag}).status_code == 304


def test_session_needs_csrf(speaker, model_version, upload):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(speaker)
    response = client.post(CLIPS, {"file": upload()})
    assert response.status_code == 403 and set(response.json()) == {"code", "detail"}


def test_schema_describes_every_path(client):
    import yaml

    schema = yaml.safe_load(client.get("/api/schema/").content)
    assert set(schema["paths"]) >= {
        CLIPS,
        CLIPS + "{id}/",
        CLIPS + "{id}/audio/",
        CLIPS + "{id}/restore/",
        "/api/v1/labels/",
        "/api/v1/models/active/",
    }
    upload_form = schema["paths"][CLIPS]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert upload_form["schema"]["$ref"] == "#/components/schemas/Submit"
    # Otherwise the page of the API offers a line of text where a file is to be chosen.
    assert schema["components"]["schemas"]["Submit"]["properties"]["file"]["format"] == "binary"
    # Trying it out there fills these in.
    for name in ["Submit", "PatchedClip"]:
        assert schema["components"]["schemas"][name]["properties"]["shared_for_review"]["example"] is False
    assert client.get("/api/docs/").status_code == 200


def test_no_file_and_empty_file_are_told_apart(api, model_version):
    assert api.post(CLIPS).json()["code"] == "no_file"
    assert api.post(CLIPS, {"file": SimpleUploadedFile("a.wav", b"")}).json()["code"] == "empty_file"
