"""Reviewing by program: the same services as the pages, in the API's words."""

from uuid import uuid4

import pytest
from django.contrib.auth import get_user
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from annotations.models import ListenLog, Objection, Review
from emotion_site.roles import Role, set_role
from tests.annotations.conftest import offer_once

pytestmark = pytest.mark.django_db
API = "/api/v1/"


def post(browser, path, **data):
    return browser.post(API + path, data, content_type="application/json")


def submit(browser, reviewed, label, **data):
    """Answer a clip that was offered before."""
    offer_once(get_user(browser), reviewed.pk)
    fields = {"clip": str(reviewed.pk), "label": label, "client_id": uuid4().hex, **data}
    return post(browser, "reviews/", **fields)


def test_next_submit_and_undo(shared, reviewer_client):
    clip = shared(answer="happy", title="secret")
    offer = post(reviewer_client, "reviews/next/").json()
    assert (offer["clip"], offer["picked_by"], offer["prediction"]) == (str(clip.pk), "uncertain", None)
    assert "secret" not in str(offer)
    response = submit(reviewer_client, clip, "sad", milliseconds=1200, client_id="a")
    assert response.status_code == 201
    saved = response.json()
    assert (saved["kind"], saved["agrees"], saved["notes"]) == ("blind", False, [])
    assert saved["prediction"]["label"] == "happy"
    assert (saved["decision"]["state"], saved["decision"]["label"]) == ("decided", "sad")
    assert submit(reviewer_client, clip, "sad", client_id="a").status_code == 200
    assert post(reviewer_client, "reviews/next/").status_code == 204
    assert post(reviewer_client, "reviews/undo/", client_id="b").json()["kind"] == "withdrawn"
    assert post(reviewer_client, "reviews/next/").json()["clip"] == str(clip.pk)


def test_fetching_ahead_and_giving_back(shared, reviewer_client, client_of, second_reviewer):
    shared(), shared()
    first = post(reviewer_client, "reviews/next/").json()["clip"]
    ahead = post(reviewer_client, "reviews/next/", beside=[first]).json()["clip"]
    assert ahead != first
    assert post(client_of(second_reviewer), "reviews/next/").status_code == 204
    assert post(reviewer_client, "reviews/heartbeat/", clip=first).json()["leased_until"]
    assert post(reviewer_client, "reviews/release/", clip=ahead).status_code == 204
    assert post(client_of(second_reviewer), "reviews/next/").json()["clip"] == ahead
    response = post(reviewer_client, "reviews/heartbeat/", clip=ahead)
    assert (response.status_code, response.json()["code"]) == (409, "lease_lost")


def test_whoever_lost_the_role_keeps_no_clip(shared, reviewer, reviewer_client):
    clip = shared()
    post(reviewer_client, "reviews/next/")
    set_role(user=reviewer, role=Role.USER)
    response = post(reviewer_client, "reviews/heartbeat/", clip=str(clip.pk))
    assert (response.status_code, response.json()["code"]) == (403, "not_reviewer")


def test_asking_for_the_prediction(shared, reviewer_client):
    clip = shared(answer="happy")
    post(reviewer_client, "reviews/next/")
    assert post(reviewer_client, "reviews/prediction/", clip=str(clip.pk)).json()["label"] == "happy"
    assert submit(reviewer_client, clip, "sad").json()["kind"] == "revised"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"label": "bored"}, "wrong_label"),
        ({"label": ""}, "no_answer"),
        ({"label": "", "flag": "other"}, "no_comment"),
        ({"label": "", "flag": "boring"}, "invalid"),
        ({"client_id": ""}, "invalid"),
        ({"clip": "none"}, "invalid"),
        ({"task": "unheard"}, "invalid"),
        ({"milliseconds": -1}, "invalid"),
    ],
)
def test_answers_that_mean_nothing(shared, reviewer_client, data, code):
    response = submit(reviewer_client, shared(), **{"label": "sad", **data})
    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Review.objects.exists()


def test_strangers_and_former_reviewers_are_told(shared, stranger_client, reviewer, reviewer_client, client):
    clip = shared()
    set_role(user=reviewer, role=Role.USER)
    for browser in (stranger_client, reviewer_client):
        for response in (post(browser, "reviews/next/"), submit(browser, clip, "sad")):
            assert (response.status_code, response.json()["code"]) == (403, "not_reviewer")
    assert post(client, "reviews/next/").status_code == 401
    assert stranger_client.get(API + "agreement/").status_code == 403


def test_own_clips(shared, speaker, speaker_client):
    set_role(user=speaker, role=Role.REVIEWER)
    response = submit(speaker_client, shared(), "sad")
    assert (response.status_code, response.json()["code"]) == (403, "own_clip")


def test_sound_of_what_is_held_is_heard_and_logged(shared, reviewer, reviewer_client, stranger_client):
    clip = shared(title="secret")
    clip.audio.name = default_storage.save(f"aa/{clip.pk}.flac", ContentFile(b"sound"))
    clip.save()
    url = f"{API}reviews/{clip.pk}/audio/"
    assert reviewer_client.get(url).status_code == 404
    offer = post(reviewer_client, "reviews/next/").json()
    response = reviewer_client.get(offer["audio_url"])
    assert (response.status_code, response.content) == (200, b"sound")
    assert "secret" not in response["Content-Disposition"]
    assert [entry.listener for entry in ListenLog.objects.all()] == [reviewer]
    assert stranger_client.get(url).status_code == 404


def test_who_reads_which_decisions(
    shared, say, reviewer, reviewer_client, admin_client, speaker_client, stranger_client, stranger
):
    clip = shared()
    shared(owner=stranger)
    say(reviewer, clip, "sad")

    def listed(browser, **query):
        return [row["label"] for row in browser.get(API + "decisions/", query).json()["results"]]

    assert listed(admin_client) == [None, "sad"]
    assert listed(admin_client, state="decided") == ["sad"]
    assert listed(reviewer_client) == ["sad"]
    assert listed(speaker_client) == ["sad"]
    assert listed(stranger_client) == [None]
    assert admin_client.get(API + "decisions/", {"task": "unheard"}).status_code == 404


def test_only_administrators_decide(shared, reviewer_client, admin_client):
    clip = shared()
    answer = {"clip": str(clip.pk), "label": "sad"}
    assert post(reviewer_client, "decisions/", **answer).status_code == 403
    assert post(admin_client, "decisions/", **answer).json()["how"] == "adjudicated"


def test_owners_object(shared, speaker_client, stranger_client):
    clip = shared(answer="happy")
    wish = {"clip": str(clip.pk), "wished_label": "sad"}
    assert post(stranger_client, "objections/", **wish).status_code == 404
    assert post(speaker_client, "objections/", **wish).status_code == 204
    assert Objection.objects.get().wished_label.key == "sad"


def test_agreement(shared, say, reviewer, second_reviewer, reviewer_client, policy):
    policy.reviewers_needed = 2
    policy.save()
    clip = shared()
    say(reviewer, clip, "sad")
    say(second_reviewer, clip, "sad")
    report = reviewer_client.get(API + "agreement/").json()
    assert report["overall"]["raw_agreement"] == 1.0
    assert report["overall"]["fleiss_kappa"] is None
    assert len(report["pairs"]) == 1


def test_the_description_tells_of_it(client):
    schema = client.get("/api/schema/").content.decode()
    for path in ("reviews/next/", "reviews/undo/", "decisions/", "agreement/"):
        assert f"/api/v1/{path}" in schema
