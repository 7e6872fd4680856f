"""The page at which reviewers work. What its scripts ask for is in ``api/test_review_protocol.py``."""

import json

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.models import Decision, ListenLog, QueueEntry
from classifier.audio.flac import encode_flac
from classifier.models import Task
from tests.training.corpora import buzz

START = "/review/"
WORK = "/review/emotion/"


@pytest.mark.parametrize("page", [START, WORK])
def test_who_may_open_the_pages(page, task, policy, client_of, stranger, reviewer, admin):
    assert client_of(None).get(page).status_code == 302
    refused = client_of(stranger).get(page)
    assert refused.status_code == 403
    assert "You are not a reviewer yet" in refused.content.decode()
    assert client_of(reviewer).get(page).status_code == 200
    assert client_of(admin).get(page).status_code == 200


def test_the_strongest_emotion_is_asked_for_only_where_emotions_are(task, reviewer_client):
    Task.objects.create(slug="noise", name="Noise")
    assert "strongest emotion" in reviewer_client.get(WORK).content.decode()
    other = reviewer_client.get("/review/noise/").content.decode()
    assert "Judge how the voice sounds" in other and "strongest emotion" not in other


def test_the_start_page_tells_how_much_there_is(shared, reviewer_client, django_assert_max_num_queries):
    for _number in range(3):
        shared()
    with django_assert_max_num_queries(23):
        page = reviewer_client.get(START).content.decode()
    assert WORK in page
    assert "clips wait for you" in page
    assert "Change these rules" not in page


def test_the_start_page_says_when_others_have_everything(
    shared, reviewer_client, second_reviewer, post, client_of
):
    shared()
    post("next", browser=client_of(second_reviewer))
    page = reviewer_client.get(START).content.decode()
    assert "Other reviewers have the remaining clips" in page
    assert f'href="{WORK}"' not in page


def test_the_start_page_says_when_nothing_is_left(shared, reviewer_client, post):
    clip = shared()
    post("submit", clip=clip.pk, label="sad", client_id="a")
    assert "Nothing is left for you" in reviewer_client.get(START).content.decode()


def test_the_work_page_hands_its_settings_over(task, policy, reviewer_client, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        page = reviewer_client.get(WORK).content.decode()
    start = page.index('id="review-settings"')
    settings = json.loads(page[page.index(">", start) + 1 : page.index("</script>", start)])
    assert settings["api"] == {"url": "/api/v1/reviews/", "task": "emotion"}
    assert settings["progress"] == reviewer_client.get("/api/v1/reviews/progress/").json()
    keys = [row["key"] for row in settings["keys"]]
    assert len(keys) == len(set(keys))
    assert {"1", "6", "0", "Enter", " ", "u", "?"} <= set(keys)


def test_without_scripts_the_work_page_promises_nothing(task, policy, reviewer_client):
    page = reviewer_client.get(WORK).content.decode()
    assert "This page needs JavaScript." in page
    for mark in ('id="loading"', 'id="save-state"', 'id="help-button"'):
        tag = page[page.rindex("<", 0, page.index(mark)) : page.index(mark)]
        assert "script-only" in tag


def test_a_task_that_is_not_there(reviewer_client, policy):
    assert reviewer_client.get("/review/nothing/").status_code == 404


POLICY = {
    "emotion-reviewers_needed": 2,
    "emotion-doubled_percent": 10,
    "emotion-random_percent": 30,
    "emotion-order": "entropy",
}


def test_administrators_change_the_rules(shared, policy, admin_client):
    shared()
    response = admin_client.post(f"{WORK}policy/", POLICY)
    assert response.status_code == 302
    policy.refresh_from_db()
    assert (policy.reviewers_needed, policy.doubled_percent, policy.random_percent) == (2, 10, 30)
    assert (policy.order, policy.is_blind) == ("entropy", False)
    assert QueueEntry.objects.get().needed in (2, 3)


@pytest.mark.parametrize("wrong", [{"emotion-reviewers_needed": 4}, {"emotion-random_percent": 101}])
def test_rules_that_make_no_sense_are_refused(policy, admin_client, wrong):
    response = admin_client.post(f"{WORK}policy/", POLICY | wrong)
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    policy.refresh_from_db()
    assert policy.reviewers_needed == 1


def test_only_administrators_change_the_rules(policy, reviewer_client):
    assert reviewer_client.post(f"{WORK}policy/", POLICY).status_code == 403


def test_examples_are_clips_on_which_people_agreed(shared, task, reviewer_client, stranger, client_of):
    sad, alone, withdrawn = shared(), shared(), shared()
    for clip, how in [(sad, "consensus"), (alone, "single"), (withdrawn, "adjudicated")]:
        Decision.objects.filter(clip=clip).update(
            state="decided", how=how, label=task.labels.get(key="sad"), decided_at=timezone.now()
        )
    withdrawn.shared_for_review = False
    withdrawn.save()
    page = reviewer_client.get(WORK).content.decode()
    listen = {clip: reverse("annotations:example_audio", args=[clip.pk]) for clip in (sad, alone, withdrawn)}
    assert [clip for clip, address in listen.items() if address in page] == [sad]
    assert reviewer_client.get(listen[alone]).status_code == 404
    assert reviewer_client.get(listen[withdrawn]).status_code == 404
    assert client_of(stranger).get(listen[sad]).status_code == 404


def test_hearing_an_example_is_written_down(shared, task, reviewer, reviewer_client, settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    (tmp_path / "voice.flac").write_bytes(encode_flac(buzz(9, 9, 1.0)))
    clip = shared(audio="voice.flac")
    Decision.objects.filter(clip=clip).update(
        state="decided", how="consensus", label=task.labels.get(key="sad"), decided_at=timezone.now()
    )
    address = reverse("annotations:example_audio", args=[clip.pk])
    assert reviewer_client.get(address).status_code == 200
    assert reviewer_client.get(address, headers={"Range": "bytes=5-"}).status_code == 206
    assert list(ListenLog.objects.values_list("clip_id", "listener")) == [(clip.pk, reviewer.pk)]
