"""Clips that wait for reviewers, and reviewers who answer."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user

from annotations.models import QueueEntry, ReviewPolicy
from annotations.queue.offers import record_offer
from annotations.reviews import submission
from annotations.reviews.choice import read_choice
from annotations.reviews.submission import ReviewContext, SubmittedReview
from classifier.models import Clip, Task
from emotion_site.models import User
from tests.factories import ClipFactory, UserFactory

REVIEWS = "/api/v1/reviews/"


@pytest.fixture
def task(db) -> Task:
    return Task.objects.get(slug="emotion")


@pytest.fixture
def policy(task) -> ReviewPolicy:
    """One reviewer per clip, none doubled, nothing at random: tests say what else they want."""
    policy = task.review_policy
    policy.doubled_percent = policy.random_percent = 0
    policy.save()
    return policy


@pytest.fixture
def second_reviewer(db) -> User:
    return UserFactory(email="second@example.org", role="reviewer")


@pytest.fixture
def shared(speaker, policy) -> Callable[..., Clip]:
    """``shared()`` is a clip of the speaker that waits in the queue."""

    def make(**fields) -> Clip:
        return ClipFactory(**{"owner": speaker, "shared_for_review": True, **fields})

    return make


@pytest.fixture
def say(task) -> Callable[..., SubmittedReview]:
    """``say(reviewer, clip, "sad")`` submits an answer to a clip that was offered; a name of a flag flags."""

    def submit(reviewer: User, clip: Clip, answer: str, *, client_id: str = "", **context) -> SubmittedReview:
        offer_once(reviewer, clip.pk)
        return submission.submit_review(
            reviewer=reviewer,
            task=task,
            clip_id=clip.pk,
            choice=choice_of(task, answer),
            context=ReviewContext(client_id or uuid4().hex, **context),
        )

    return submit


@pytest.fixture
def post(reviewer_client):
    """``post("next")`` is what the page asks of the API; the clip of a ``"submit"`` was offered before."""

    def send(action: str, *, status: int = 0, browser=reviewer_client, **fields):
        if action == "submit":
            offer_once(get_user(browser), fields["clip"])
        path = REVIEWS if action == "submit" else f"{REVIEWS}{action}/"
        response = browser.post(path, fields, content_type="application/json")
        assert response.status_code == status if status else response.status_code < 300, response.content
        return response.json() if response.content else None

    return send


def offer_once(reviewer, clip_id: UUID | str) -> None:
    """As the queue did some time ago: the lease is over."""
    with suppress(ValueError):  # what is no id of a clip was never offered
        for entry in QueueEntry.objects.filter(clip=UUID(str(clip_id))):
            record_offer(entry_id=entry.pk, reviewer=reviewer)


def choice_of(task: Task, word: str):
    is_label = task.labels.filter(key=word).exists()
    return read_choice(task, **({"label": word} if is_label else {"flag": word, "comment": "said so"}))
