"""Figures of the reviews that are in the database."""

from datetime import timedelta

import numpy as np
import pytest

from annotations import tasks
from annotations.agreement import report_cache
from annotations.agreement.cached_report import report_of
from annotations.agreement.counts import clip_counts, pair_counts
from annotations.agreement.report import agreement_of, make_report
from annotations.models import CurrentReview, KeptReport, Review
from annotations.queue.offers import take_next
from annotations.queue.progress import counts_by_state, progress_of
from annotations.reviews import submission
from annotations.reviews.log import append
from classifier.models import Label, Prediction, Task
from tests.factories import ClipFactory, ModelVersionFactory, PredictionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewed(shared, say, reviewer, second_reviewer, policy):
    """Four clips that two people heard: they agree on three, and one flags a fifth."""
    policy.reviewers_needed, policy.random_percent = 2, 100
    policy.save()
    clips = [shared(answer="sad") for _number in range(5)]
    for clip, first, second in zip(
        clips,
        ["sad", "sad", "angry", "happy", "no_speech"],
        ["sad", "sad", "angry", "sad", "sad"],
        strict=True,
    ):
        say(reviewer, clip, first, milliseconds=1000)
        say(second_reviewer, clip, second)
    return clips


def test_counts_of_each_kind_of_clip(reviewed, task):
    counts = clip_counts(task)
    found = {tuple(row): int(n) for row, n in zip(counts.table, counts.clips, strict=True)}
    # neutral, happy, sad, angry, fearful, disgust
    assert found == {
        (0, 0, 2, 0, 0, 0): 2,
        (0, 0, 0, 2, 0, 0): 1,
        (0, 1, 1, 0, 0, 0): 1,
        (0, 0, 1, 0, 0, 0): 1,
    }


def test_the_report(reviewed, task, reviewer):
    report = make_report(task)
    assert (report.overall.n_clips, report.overall.n_reviews) == (4, 8)
    assert report.overall.raw_agreement == 0.75
    # 8 answers: 5 sad, 2 angry, 1 happy; by chance 30 of 64 agree.
    assert report.overall.fleiss_kappa == pytest.approx((0.75 - 30 / 64) / (1 - 30 / 64))
    (pair,) = report.pairs
    assert (pair.n_clips, pair.raw_agreement) == (4, 0.75)
    assert {pair.first, pair.second} == {
        review.rater for review in CurrentReview.objects.all() if review.rater
    }
    assert [week.figures.n_clips for week in report.weeks] == [4]
    (version,) = report.versions
    assert (version.n_clips, version.n_reviews) == (5, 9)
    assert version.accuracy == pytest.approx(6 / 9)
    assert version.interval.low < 6 / 9 < version.interval.high
    assert report.as_dict()["interval_by"] == "clips"


def test_the_voices_that_a_version_heard_are_counted(reviewed, task, speaker, stranger):
    n_owners = len({clip.owner_id for clip in reviewed})
    (version,) = make_report(task).versions
    assert (version.n_voices, version.has_few_voices) == (n_owners, n_owners < 5)
    for number, clip in enumerate(reviewed):
        type(clip).objects.filter(pk=clip.pk).update(owner=speaker, speaker=f"voice {number}")
    (version,) = make_report(task).versions
    assert (version.n_voices, version.has_few_voices) == (5, False)
    type(clip).objects.filter(pk=clip.pk).update(speaker="voice 0")
    (version,) = make_report(task).versions
    assert (version.n_voices, version.has_few_voices) == (4, True)


def test_what_was_revised_counts_as_it_was_first_and_what_was_withdrawn_not_at_all(
    reviewed, say, reviewer, second_reviewer, task
):
    say(reviewer, reviewed[0], "happy")  # after the prediction
    assert agreement_of(task).raw_agreement == 0.75
    submission.undo_last(reviewer=second_reviewer, task=task, client_id="u")
    submission.undo_last(reviewer=second_reviewer, task=task, client_id="v")
    assert agreement_of(task).n_clips == 3
    assert agreement_of(task).raw_agreement == 1.0


def test_with_few_reviews_the_report_is_always_new(reviewed, task, reviewer, say, shared):
    report_of(task)
    CurrentReview.objects.filter(blind_label__key="happy").delete()
    assert report_of(task).overall.raw_agreement == 1.0
    assert not KeptReport.objects.exists()


def test_with_many_reviews_the_last_one_is_shown_while_a_worker_makes_the_next(
    reviewed, task, reviewer, say, shared, monkeypatch
):
    monkeypatch.setattr(report_cache, "MANY_REVIEWS", 5)
    report_cache.store_missing_reports()
    first = report_of(task)
    assert first == make_report(task), "it is the same after it was kept"
    CurrentReview.objects.filter(blind_label__key="happy").delete()
    say(reviewer, shared(), "sad")
    assert report_of(task) == first
    tasks.refresh_report.call(task.pk)
    assert report_of(task).overall.raw_agreement == 1.0
    Label.objects.create(task=task, key="bored", name="Bored", colour="#000000", digit=7, order=9)
    assert "bored" in report_of(task).labels, "a new label is there at once"


def test_a_task_with_more_labels_than_fit_into_one_number(speaker):
    task = Task.objects.create(slug="many", name="Many")
    labels = [
        Label.objects.create(task=task, key=f"l{n}", name=f"L{n}", colour="#000000", digit=n % 10, order=n)
        for n in range(12)
    ]
    clip = ClipFactory(owner=speaker)
    given = [0, 4, 5, 5, 9, 10, 11, 11, 11]
    for number, place in enumerate(given):
        make_current(clip, task, labels[place], rater=f"r{number}")
    (row,) = clip_counts(task).table
    assert row.tolist() == np.bincount(given, minlength=12).tolist()
    assert len(pair_counts(task)) == 36


def make_current(clip, task, label, rater):
    append(Review(clip=clip, task=task, label=label, rater=rater, kind="blind", client_id=rater), None)


def test_an_empty_task(task):
    report = make_report(task)
    assert report.overall.fleiss_kappa is None
    assert (report.pairs, report.versions, report.weeks) == ([], [], [])


def test_each_version_is_measured_on_the_clips_drawn_at_random(reviewed, task):
    newer = ModelVersionFactory(number=99)
    for clip in reviewed:
        PredictionFactory(clip=clip, answer="angry", model_version=newer)
    assert [row.number for row in make_report(task).versions] != [99], "it may have learned from the answers"
    before = reviewed[0].created
    Prediction.objects.filter(clip=reviewed[0], model_version=newer).update(created=before)
    row = make_report(task).versions[0]
    assert (row.number, row.n_clips, row.accuracy) == (99, 1, 0.0)


def test_progress_of_a_reviewer(shared, say, reviewer, second_reviewer, task, django_assert_max_num_queries):
    clips = [shared() for _number in range(3)]
    say(reviewer, clips[0], "sad", milliseconds=900)
    take_next(reviewer=second_reviewer, task=task)
    with django_assert_max_num_queries(7):
        progress = progress_of(reviewer, task)
    assert (progress.left, progress.held_by_others) == (1, 1)
    assert (progress.done_today, progress.median_ms) == (1, 900)
    assert counts_by_state(task) == {
        "waiting": 2,
        "in_review": 0,
        "conflicting": 0,
        "decided": 1,
        "excluded": 0,
    }
    CurrentReview.objects.update(created=clips[0].created - timedelta(days=2))
    assert progress_of(reviewer, task).done_today == 0
