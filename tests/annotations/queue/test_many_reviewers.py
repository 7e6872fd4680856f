"""Twenty reviewers at once: no clip twice, none lost."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from annotations.models import CurrentReview, Decision, QueueEntry, Review, ReviewPolicy
from annotations.queue.entries import sync_entries
from annotations.queue.leases import MOST_HELD
from annotations.queue.offers import take_next
from annotations.reviews import submission
from annotations.reviews.choice import read_choice
from annotations.reviews.submission import ReviewContext
from classifier.models import Task
from emotion_site.exceptions import UserError
from tests.annotations.conftest import offer_once
from tests.factories import ClipFactory, UserFactory

REVIEWERS = 20


@pytest.fixture
def task(transactional_db) -> Task:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time; the run on PostgreSQL has this test")
    task = Task.objects.get(slug="emotion")
    ReviewPolicy.objects.filter(task=task).update(doubled_percent=0)
    return task


def all_at_once(work, people):
    """Run ``work(person)`` in a thread each, begun at the same moment."""
    start = Barrier(len(people))
    connections.close_all()  # there are as many as reviewers, and each thread needs one

    def run(person):
        start.wait()
        try:
            return work(person)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(people)) as threads:
        return list(threads.map(run, people))


def reviewers():
    return [UserFactory(role="reviewer") for _number in range(REVIEWERS)]


def share(count):
    speaker = UserFactory()
    return {ClipFactory(owner=speaker, shared_for_review=True).pk for _number in range(count)}


def review_everything(task):
    def work(person):
        done = []
        while offer := take_next(reviewer=person, task=task):
            choice = read_choice(task, label="sad")
            saved = submission.submit_review(
                reviewer=person,
                task=task,
                clip_id=offer.clip.pk,
                choice=choice,
                context=ReviewContext(uuid4().hex),
            )
            assert saved.notes == []
            done.append(offer.clip.pk)
        return done

    return work


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_no_clip_goes_to_two_people_and_none_is_lost(task):
    clips = share(200)
    taken = [pk for done in all_at_once(review_everything(task), reviewers()) for pk in done]
    assert len(taken) == 200
    assert set(taken) == clips
    assert Review.objects.count() == CurrentReview.objects.count() == 200
    assert Decision.objects.filter(state="decided").count() == 200


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_twenty_people_and_five_clips(task):
    clips = share(5)
    offers = all_at_once(lambda person: take_next(reviewer=person, task=task), reviewers())
    assert {offer.clip.pk for offer in offers if offer} == clips
    assert len([offer for offer in offers if offer]) == 5
    assert QueueEntry.objects.filter(leased_by__isnull=False).count() == 5


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_one_person_who_asks_many_times_at_once_gets_no_more_than_a_few(task):
    share(60)
    person = UserFactory(role="reviewer")
    mine = []  # of all windows together: whoever names every clip they have is given another one

    def take_all(_number):
        for _round in range(25):
            with suppress(UserError):
                if offer := take_next(reviewer=person, task=task, beside=list(mine)):
                    mine.append(offer.clip.pk)

    people = list(range(8))
    all_at_once(take_all, people)
    # Those that look at the very same moment do not see each other.
    assert QueueEntry.objects.filter(leased_by=person).count() < MOST_HELD + len(people)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_clip_that_is_being_written_is_waited_for_when_no_other_is_left(task):
    share(1)
    start = Barrier(2)

    def write():
        with transaction.atomic():
            QueueEntry.objects.select_for_update().get()
            start.wait()
            time.sleep(0.3)

    def take():
        start.wait()
        return take_next(reviewer=person, task=task)

    person = UserFactory(role="reviewer")
    _nothing, offer = all_at_once(lambda work: work(), [write, take])
    assert offer is not None


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_same_answer_many_times_at_once_is_one_review(task):
    (clip,) = share(1)
    person = UserFactory(role="reviewer")
    choice = read_choice(task, label="sad")
    offer_once(person, clip)
    saved = all_at_once(
        lambda _number: submission.submit_review(
            reviewer=person, task=task, clip_id=clip, choice=choice, context=ReviewContext("once")
        ),
        list(range(REVIEWERS)),
    )
    assert [result.created for result in saved].count(True) == 1
    assert len({result.review.pk for result in saved}) == Review.objects.count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_late_answers_of_many_people_to_one_clip_are_all_kept(task):
    (clip,) = share(1)
    people = reviewers()
    choice = read_choice(task, label="sad")
    for person in people:
        offer_once(person, clip)
    all_at_once(
        lambda person: submission.submit_review(
            reviewer=person, task=task, clip_id=clip, choice=choice, context=ReviewContext("mine")
        ),
        people,
    )
    assert Review.objects.count() == REVIEWERS
    assert QueueEntry.objects.get().given == REVIEWERS
    assert Decision.objects.get().how == "consensus"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
@pytest.mark.parametrize("is_one", [True, False])
def test_taking_back_many_times_at_once(task, is_one):
    clips, person = share(REVIEWERS), UserFactory(role="reviewer")
    choice = read_choice(task, label="sad")
    for clip in clips:
        offer_once(person, clip)
        submission.submit_review(
            reviewer=person, task=task, clip_id=clip, choice=choice, context=ReviewContext(str(clip))
        )
    all_at_once(
        lambda number: submission.undo_last(
            reviewer=person, task=task, client_id="once" if is_one else str(number)
        ),
        list(range(REVIEWERS)),
    )
    assert CurrentReview.objects.count() == (REVIEWERS - 1 if is_one else 0)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_becomes_of_a_clip_meanwhile_opens_none_that_was_answered(task):
    clips = share(REVIEWERS - 2)
    person = UserFactory(role="reviewer")
    choice = read_choice(task, label="sad")
    for clip in clips:
        offer_once(person, clip)

    def work(clip):
        if clip is None:
            for _round in range(10):
                sync_entries(clips)
        else:
            submission.submit_review(
                reviewer=person,
                task=task,
                clip_id=clip,
                choice=choice,
                context=ReviewContext(uuid4().hex),
            )

    all_at_once(work, [None, None, *clips])
    assert not QueueEntry.objects.filter(is_open=True).exists()
