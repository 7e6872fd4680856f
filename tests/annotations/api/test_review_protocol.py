"""What the review page asks of the API while a reviewer works."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from rest_framework.throttling import SimpleRateThrottle

from annotations.models import CurrentReview, ListenLog, QueueEntry, Review
from classifier.audio.flac import encode_flac
from tests.annotations.conftest import REVIEWS
from tests.factories import ClipFactory
from tests.training.corpora import buzz

ACTIONS = ["next", "submit", "undo", "prediction", "heartbeat"]


def review_of(clip, label: str, **fields) -> dict:
    return {"clip": clip.pk, "label": label, "client_id": uuid4().hex, **fields}


def progress_of(browser) -> dict:
    response = browser.get(f"{REVIEWS}progress/")
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize("action", ACTIONS)
def test_who_may_review(shared, post, client_of, stranger, action):
    fields = review_of(shared(), "sad")
    assert post(action, browser=client_of(None), status=401, **fields)["code"] == "not_authenticated"
    assert post(action, browser=client_of(stranger), status=403, **fields)["code"] == "not_reviewer"
    assert not Review.objects.exists()


def test_who_may_ask_for_progress(policy, client_of, stranger):
    assert client_of(None).get(f"{REVIEWS}progress/").status_code == 401
    assert client_of(stranger).get(f"{REVIEWS}progress/").status_code == 403


def test_a_clip_comes_without_owner_title_and_prediction(shared, post):
    shared(answer="happy", title="My secret")
    offer = post("next")
    about = {"clip", "task", "duration_s", "picked_by", "leased_until", "peaks", "prediction"}
    assert set(offer) == about | {"audio_url", "wav_url", "spectrogram_url"}
    assert offer["prediction"] is None


def test_the_clip_after_this_one_is_prefetched(shared, post, reviewer_client):
    clips = {str(shared().pk), str(shared().pk)}
    first = post("next")["clip"]
    assert post("next")["clip"] == first
    second = post("next", beside=[first])["clip"]
    assert {first, second} == clips
    others = [str(uuid4()) for _number in range(8)]
    assert post("next", status=204, beside=[*others, first, second]) is None
    assert progress_of(reviewer_client)["left"] == 2


def test_nothing_is_prefetched_that_others_could_hear(shared, post, second_reviewer, client_of):
    other = client_of(second_reviewer)
    for _number in range(7):
        shared()
    held = [post("next")["clip"], post("next", browser=other)["clip"]]
    assert post("next", status=204, beside=held[:1], ahead=True) is None
    shared()
    assert post("next", beside=held[:1], ahead=True)["clip"] not in held


def test_a_prediction_comes_with_the_answer_and_may_change_it(shared, post):
    clip = shared(answer="happy", answer__confidence=0.62)
    post("next")
    saved = post("submit", status=201, **review_of(clip, "sad", milliseconds=4100))
    assert saved["agrees"] is False
    assert (saved["prediction"]["label"], saved["prediction"]["confidence"]) == ("happy", 0.62)
    post("submit", **review_of(clip, "happy", revises=True))
    assert list(Review.objects.values_list("kind", "label__key", "milliseconds")) == [
        ("blind", "sad", 4100),
        ("revised", "happy", None),
    ]


def test_a_change_of_an_answer_that_was_taken_back_is_no_new_answer(shared, post):
    clip = shared()
    post("next")
    post("submit", **review_of(clip, "sad"))
    post("undo", client_id="u")
    refusal = post("submit", status=409, **review_of(clip, "happy", revises=True))
    assert refusal["code"] == "not_reviewed"
    assert not CurrentReview.objects.exists()


def test_sending_twice_saves_once(shared, post):
    fields = review_of(shared(answer="happy"), "sad")
    post("next")
    assert post("submit", status=201, **fields) == post("submit", status=200, **fields)
    assert Review.objects.count() == 1


def test_a_prediction_that_was_asked_for_stands_with_the_answer(shared, post):
    clip = shared(answer="happy")
    post("next")
    assert post("prediction", clip=clip.pk)["label"] == "happy"
    post("submit", **review_of(clip, "happy"))
    assert Review.objects.get().prediction_shown
    assert Review.objects.get().kind == Review.Kind.REVISED


def test_undo_brings_the_clip_back(shared, post):
    clip = shared()
    offer = post("next")
    post("submit", **review_of(clip, "sad"))
    undone = post("undo", client_id=uuid4().hex)
    assert {**undone["offer"], "leased_until": None} == {**offer, "leased_until": None}
    assert not CurrentReview.objects.exists()
    assert post("undo", client_id=uuid4().hex, status=409)["code"] == "nothing_to_undo"


def test_undo_says_when_somebody_else_has_the_clip(shared, post, second_reviewer, client_of):
    clip = shared()
    QueueEntry.objects.update(needed=2)
    post("next")
    post("submit", **review_of(clip, "sad"))
    post("next", browser=client_of(second_reviewer))
    undone = post("undo", client_id=uuid4().hex)
    assert (undone["clip"], undone["offer"]) == (str(clip.pk), None)


def test_a_heartbeat_tells_what_was_lost_and_progress_how_much_is_left(shared, post, reviewer_client):
    clip = shared()
    post("next")
    assert post("heartbeat", clip=clip.pk)["leased_until"]
    progress = {"left": 1, "held_by_others": 0, "done_today": 0, "median_ms": None}
    assert progress_of(reviewer_client) == progress
    clip.shared_for_review = False
    clip.save()
    assert post("heartbeat", status=409, clip=clip.pk)["code"] == "lease_lost"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"clip": "nonsense"}, "invalid"),
        ({"client_id": ""}, "invalid"),
        ({"client_id": "x" * 65}, "invalid"),
        ({"label": ""}, "no_answer"),
        ({"label": "bored"}, "wrong_label"),
        ({"flag": "too_noisy"}, "two_answers"),
        ({"label": "", "flag": "other"}, "no_comment"),
        ({"revises": "perhaps"}, "invalid"),
    ],
)
def test_bad_answers_are_refused_with_a_reason(shared, post, fields, code):
    good = review_of(shared(), "sad")
    refusal = post("submit", status=400, **{**good, **fields})
    assert refusal["code"] == code
    assert refusal["detail"]
    assert not Review.objects.exists()


def test_reviewers_need_not_wait_for_many_queries(
    shared, reviewer_client, post, django_assert_max_num_queries
):
    first, second = shared(answer="happy"), shared(answer="happy")
    post("next")
    post("submit", **review_of(first, "sad"))
    with django_assert_max_num_queries(17):
        assert post("next")["clip"] == str(second.pk)
    answer = review_of(second, "sad")
    with django_assert_max_num_queries(19):
        response = reviewer_client.post(REVIEWS, answer, content_type="application/json")
    assert response.status_code == 201


def test_nobody_is_offered_their_own_clip(policy, reviewer, post):
    clip = ClipFactory(owner=reviewer, shared_for_review=True)
    assert post("next", status=204) is None
    assert post("submit", status=403, **review_of(clip, "sad"))["code"] == "own_clip"


def test_sound_and_spectrogram_of_an_offer_are_one_listen(
    shared, post, reviewer, reviewer_client, client_of, stranger
):
    clip = shared()
    clip.audio.save(clip.audio.name, ContentFile(encode_flac(buzz(9, 9, 1.0))))
    offer = post("next")
    for url, kind in [(offer["wav_url"], "audio/wav"), (offer["spectrogram_url"], "application/json")]:
        response = reviewer_client.get(url)
        assert (response.status_code, response["Content-Type"]) == (200, kind)
        assert client_of(stranger).get(url).status_code == 404
        assert client_of(None).get(url).status_code == 401
    assert [listen.listener for listen in ListenLog.objects.all()] == [reviewer]


def test_a_quick_reviewer_never_meets_the_limit_of_the_api(shared, post, reviewer_client, monkeypatch):
    cache.clear()
    shared()
    for scope, rate in {"user": "2/min", "address": "2/min", "review": "5/min"}.items():
        monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, scope, rate)
    for _number in range(4):
        post("next")
    assert progress_of(reviewer_client)["left"] == 1
    assert post("next", status=429)["code"] == "throttled"
    # It is another one than that of the rest, which they have not touched.
    assert reviewer_client.get("/api/v1/clips/").status_code == 200
