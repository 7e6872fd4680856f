"""The page at which reviewers work, and the requests that its scripts make."""

import json
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.models import CurrentReview, Decision, ListenLog, QueueEntry, Review
from classifier.audio.flac import encode_flac
from classifier.models import Task
from tests.factories import ClipFactory
from tests.training.corpora import buzz

START = "/review/"
WORK = "/review/emotion/"
DOORS = ["take", "answer", "undo", "show", "heartbeat", "release"]


def answered(clip, label: str, **fields) -> dict:
    return {"clip": clip.pk, "label": label, "client_id": uuid4().hex, **fields}


@pytest.mark.parametrize("page", [START, WORK])
def test_who_may_open_the_pages(page, task, policy, client_of, stranger, reviewer, admin):
    assert client_of(None).get(page).status_code == 302
    refused = client_of(stranger).get(page)
    assert refused.status_code == 403
    assert "role of its own" in refused.content.decode()
    assert client_of(reviewer).get(page).status_code == 200
    assert client_of(admin).get(page).status_code == 200


def test_the_strongest_emotion_is_asked_for_only_where_emotions_are(task, reviewer_client):
    Task.objects.create(slug="noise", name="Noise")
    assert "strongest emotion" in reviewer_client.get(WORK).content.decode()
    other = reviewer_client.get("/review/noise/").content.decode()
    assert "Judge how the voice sounds" in other and "strongest emotion" not in other


@pytest.mark.parametrize("door", DOORS)
def test_who_may_pass_the_doors(door, shared, ask, client_of, stranger):
    fields = answered(shared(), "sad")
    assert ask(door, browser=client_of(None), status=401, **fields)["code"] == "signed_out"
    assert ask(door, browser=client_of(stranger), status=403, **fields)["code"] == "not_reviewer"
    assert not Review.objects.exists()


def test_a_clip_comes_without_owner_title_and_prediction(shared, ask):
    shared(answer="happy", title="My secret")
    offer = ask("take")["offer"]
    assert set(offer) == {"clip", "until", "audio", "spectrogram", "seconds", "peaks", "prediction"}
    assert offer["prediction"] is None


def test_the_clip_after_this_one_is_fetched_ahead(shared, ask):
    clips = {str(shared().pk), str(shared().pk)}
    first = ask("take")["offer"]["clip"]
    assert ask("take")["offer"]["clip"] == first
    second = ask("take", beside=[first])["offer"]["clip"]
    assert {first, second} == clips
    nothing = ask("take", beside=[*(uuid4() for _number in range(10)), first, second])
    assert nothing["offer"] is None
    assert nothing["progress"]["left"] == 2


def test_nothing_is_fetched_ahead_that_others_could_hear(shared, ask, second_reviewer, client_of):
    other = client_of(second_reviewer)
    for _number in range(7):
        shared()
    held = [ask("take")["offer"]["clip"], ask("take", browser=other)["offer"]["clip"]]
    assert ask("take", beside=held[:1], ahead="1")["offer"] is None
    shared()
    ahead = ask("take", beside=held[:1], ahead="1")["offer"]["clip"]
    assert ahead not in held


def test_a_prediction_comes_with_the_answer_and_may_change_it(shared, ask):
    clip = shared(answer="happy", answer__confidence=0.62)
    ask("take")
    saved = ask("answer", **answered(clip, "sad", milliseconds=4100))
    assert saved["agrees"] is False
    assert (saved["prediction"]["label"], saved["prediction"]["percent"]) == ("happy", 62)
    ask("answer", **answered(clip, "happy", revises="1"))
    assert list(Review.objects.values_list("kind", "label__key", "milliseconds")) == [
        ("blind", "sad", 4100),
        ("revised", "happy", None),
    ]


def test_sending_twice_saves_once(shared, ask):
    fields = answered(shared(answer="happy"), "sad")
    ask("take")
    assert ask("answer", **fields) == ask("answer", **fields)
    assert Review.objects.count() == 1


def test_a_prediction_that_was_asked_for_stands_with_the_answer(shared, ask):
    clip = shared(answer="happy")
    ask("take")
    assert ask("show", clip=clip.pk)["prediction"]["label"] == "happy"
    ask("answer", **answered(clip, "happy"))
    assert Review.objects.get().prediction_shown
    assert Review.objects.get().kind == Review.Kind.REVISED


def test_undo_brings_the_clip_back(shared, ask):
    clip = shared()
    ask("take")
    ask("answer", **answered(clip, "sad"))
    undone = ask("undo", client_id=uuid4().hex)
    assert undone["offer"]["clip"] == str(clip.pk)
    assert not CurrentReview.objects.exists()
    assert ask("undo", client_id=uuid4().hex, status=409)["code"] == "nothing_to_undo"


def test_undo_says_when_somebody_else_has_the_clip(shared, ask, second_reviewer, client_of):
    clip = shared()
    QueueEntry.objects.update(needed=2)
    ask("take")
    ask("answer", **answered(clip, "sad"))
    ask("take", browser=client_of(second_reviewer))
    assert ask("undo", client_id=uuid4().hex) == {"offer": None, "clip": str(clip.pk)}


def test_a_heartbeat_tells_what_was_lost_and_how_much_is_left(shared, ask):
    clip = shared()
    ask("take")
    kept = ask("heartbeat", clip=[clip.pk])
    assert kept["lost"] == []
    assert kept["progress"] == {"left": 1, "heldByOthers": 0, "doneToday": 0, "medianMs": None}
    clip.shared_for_review = False
    clip.save()
    assert ask("heartbeat", clip=[clip.pk])["lost"] == [str(clip.pk)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"clip": "nonsense"}, "wrong_clip"),
        ({"client_id": ""}, "wrong_client_id"),
        ({"client_id": "x" * 65}, "wrong_client_id"),
        ({"client_id": "\N{SNOWMAN}"}, "wrong_client_id"),
        ({"label": ""}, "no_answer"),
        ({"label": "bored"}, "wrong_label"),
        ({"flag": "too_noisy"}, "two_answers"),
        ({"label": "", "flag": "other"}, "no_comment"),
    ],
)
def test_bad_answers_are_refused_with_a_reason(shared, ask, fields, code):
    good = answered(shared(), "sad")
    refusal = ask("answer", status=400, **{**good, **fields})
    assert refusal["code"] == code
    assert refusal["detail"]
    assert not Review.objects.exists()


@pytest.mark.parametrize("milliseconds", ["-5", "nonsense", "9" * 40, "1e9", ""])
def test_a_time_that_makes_no_sense_does_not_cost_the_answer(shared, ask, milliseconds):
    ask("answer", **answered(shared(), "sad", milliseconds=milliseconds))
    assert Review.objects.get().milliseconds is None


def test_reviewers_need_not_wait_for_many_queries(
    shared, reviewer_client, ask, django_assert_max_num_queries
):
    first, second = shared(), shared()
    ask("take", browser=reviewer_client)
    ask("answer", **answered(first, "sad"))
    with django_assert_max_num_queries(17):
        assert ask("take", browser=reviewer_client)["offer"]["clip"] == str(second.pk)
    answer = answered(second, "sad")
    with django_assert_max_num_queries(19):
        assert reviewer_client.post(f"{WORK}answer/", answer).status_code == 200


def test_the_start_page_tells_how_much_there_is(shared, reviewer_client, django_assert_max_num_queries):
    for _number in range(3):
        shared()
    with django_assert_max_num_queries(23):
        page = reviewer_client.get(START).content.decode()
    assert WORK in page
    assert "clips wait for you" in page
    assert "Change these rules" not in page


def test_the_start_page_says_when_others_have_everything(
    shared, reviewer_client, second_reviewer, ask, client_of
):
    shared()
    ask("take", browser=client_of(second_reviewer))
    page = reviewer_client.get(START).content.decode()
    assert "with other reviewers at the moment" in page
    assert f'href="{WORK}"' not in page


def test_the_start_page_says_when_nothing_is_left(shared, reviewer_client, ask):
    clip = shared()
    ask("answer", **answered(clip, "sad"))
    assert "Nothing is left for you" in reviewer_client.get(START).content.decode()


def test_the_work_page_hands_its_settings_over(task, policy, reviewer_client, django_assert_max_num_queries):
    with django_assert_max_num_queries(25):
        page = reviewer_client.get(WORK).content.decode()
    start = page.index('id="review-settings"')
    settings = json.loads(page[page.index(">", start) + 1 : page.index("</script>", start)])
    assert settings["urls"]["take"] == f"{WORK}take/"
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


def test_examples_are_clips_on_which_people_agreed(
    shared, task, reviewer_client, stranger, client_of, say, ask
):
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


def test_nobody_is_offered_their_own_clip(policy, reviewer, ask):
    clip = ClipFactory(owner=reviewer, shared_for_review=True)
    assert ask("take")["offer"] is None
    assert ask("answer", status=403, **answered(clip, "sad"))["code"] == "own_clip"
