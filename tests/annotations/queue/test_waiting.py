"""How many clips are left for somebody, counted quickly, is what a slow look at each clip finds."""

import pytest

from annotations.models import CurrentReview, QueueEntry, Review
from annotations.queue.waiting import n_waiting, refresh_may_be_open
from annotations.reviews import submission
from annotations.reviews.adjudication import adjudicate
from annotations.reviews.log import append
from annotations.reviews.pseudonyms import pseudonym_of
from tests.annotations.conftest import choice_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def left(task, reviewer, second_reviewer):
    """``left()`` are the numbers of both reviewers, before and after housekeeping."""

    def look() -> list[int]:
        people = [reviewer, second_reviewer]
        expected = [_one_by_one(person, task) for person in people]
        assert [n_waiting(person, pseudonym_of(person), task) for person in people] == expected
        refresh_may_be_open(task)
        assert [n_waiting(person, pseudonym_of(person), task) for person in people] == expected
        return expected

    return look


def _one_by_one(person, task) -> int:
    mine = set(CurrentReview.objects.filter(rater=pseudonym_of(person)).values_list("clip", flat=True))
    waiting = QueueEntry.objects.filter(task=task, is_open=True)
    return sum(entry.clip_id not in mine and entry.owner_id != person.pk for entry in waiting)


@pytest.fixture
def two_needed(policy):
    policy.reviewers_needed = 2
    policy.save()


def test_answers_and_what_is_taken_back(left, shared, say, reviewer, second_reviewer, task, two_needed):
    clips = [shared() for _number in range(3)] + [shared(owner=reviewer)]
    assert left() == [3, 4]
    say(reviewer, clips[0], "sad")
    assert left() == [2, 4]
    say(second_reviewer, clips[0], "sad")
    say(second_reviewer, clips[1], "sad")
    assert left() == [2, 2]
    submission.undo_last(reviewer=reviewer, task=task, client_id="u")
    assert left() == [3, 2], "the clip is open again, and the other one has answered it"


def test_a_clip_that_is_taken_back_and_shared_again(left, shared, say, reviewer, two_needed):
    clip, _other = shared(), shared()
    say(reviewer, clip, "sad")
    for shared_for_review, expected in [(False, [1, 1]), (True, [1, 2])]:
        clip.shared_for_review = shared_for_review
        clip.save()
        assert left() == expected


def test_what_an_administrator_decides(left, shared, say, reviewer, admin, task, two_needed):
    clip, _other = shared(), shared()
    say(reviewer, clip, "sad")
    adjudicate(administrator=admin, task=task, clip_id=clip.pk, choice=choice_of(task, "sad"))
    assert left() == [1, 1]


def test_housekeeping_finds_what_was_closed_or_opened_meanwhile(shared, say, reviewer, task, two_needed):
    clip, begun = shared(), shared()
    say(reviewer, clip, "sad")
    say(reviewer, begun, "sad")
    append(Review(clip=clip, task=task, label=task.labels.first(), kind="blind", client_id="anonymous"), None)
    assert refresh_may_be_open(task) == 0
    QueueEntry.objects.filter(clip=clip).update(is_open=False)
    assert refresh_may_be_open(task) == 1
    QueueEntry.objects.filter(clip=clip).update(is_open=True)
    assert refresh_may_be_open(task) == 1
    assert n_waiting(reviewer, pseudonym_of(reviewer), task) == 0
