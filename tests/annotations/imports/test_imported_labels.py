"""Clips of a corpus in the queue: the label that came along holds until people have listened."""

import pytest

from annotations.models import Decision, QueueEntry
from annotations.queue.entries import sync_entries
from annotations.queue.offers import take_next
from annotations.reviews import submission
from classifier.models import Clip, Corpus, Label
from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def clip(task, policy) -> Clip:
    """Meant to be sad; two people are to listen."""
    policy.reviewers_needed = 2
    policy.save()
    sad = Label.objects.get(task=task, key="sad")
    clip = ClipFactory(
        owner=None,
        corpus=Corpus.objects.create(name="voices", task=task),
        source=Clip.Source.CORPUS,
        reference_label=sad,
    )
    Decision.objects.create(clip=clip, task=task, state="decided", label=sad, how="imported")
    Clip.objects.filter(pk=clip.pk).update(shared_for_review=True)
    sync_entries([clip.pk])
    return clip


def decision() -> tuple[str, str | None, str]:
    row = Decision.objects.get()
    return row.state, row.label and row.label.key, row.how


def test_it_holds_until_enough_people_have_listened(clip, say, reviewer, second_reviewer, task):
    assert take_next(reviewer=reviewer, task=task).clip == clip
    say(reviewer, clip, "angry")
    assert decision() == ("decided", "sad", "imported")
    sync_entries([clip.pk])
    assert take_next(reviewer=second_reviewer, task=task).clip == clip
    say(second_reviewer, clip, "angry")
    assert decision() == ("decided", "angry", "consensus")
    assert not QueueEntry.objects.get().is_open


def test_it_holds_again_when_their_answers_are_taken_back(clip, say, reviewer, second_reviewer, task):
    say(reviewer, clip, "angry")
    say(second_reviewer, clip, "happy")
    assert decision() == ("conflicting", None, "")
    submission.undo_last(reviewer=reviewer, task=task, client_id="u")
    assert decision() == ("decided", "sad", "imported")
    assert QueueEntry.objects.get().is_open
