"""Everything reviewers do to a clip. Pages, API and commands call these and nothing else."""

import logging
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.models import CurrentReview, Decision, Pseudonym, QueueEntry, Review
from annotations.queue import leases
from annotations.queue.offers import prediction_of, require_offered, require_reviewer
from annotations.reviews import log
from annotations.reviews.choice import Choice
from annotations.reviews.decisions import settle
from annotations.reviews.pseudonyms import pseudonym_of
from classifier.clips.titles import Note
from classifier.models import Clip, Prediction, Task
from emotion_site.exceptions import UserError
from emotion_site.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class SubmittedReview:
    """The result of a submission: the review, the clip's decision now, and the model's prediction.

    ``notes`` tell what the reviewer did not expect, such as a lease that was lost; the review is kept.
    """

    review: Review
    decision: Decision
    prediction: Prediction | None
    created: bool
    notes: list[Note] = field(default_factory=list)

    @property
    def agrees(self) -> bool | None:
        """Whether reviewer and model chose the same label; None where one of them has none."""
        predicted, label = self.review.predicted_label_id, self.review.label_id
        return None if predicted is None or label is None else predicted == label


@dataclass(frozen=True)
class ReviewContext:
    """How a choice came about. ``client_id`` is made by the client and makes sending twice harmless."""

    client_id: str
    milliseconds: int | None = None
    prediction_shown: bool = False


def submit_review(
    *, reviewer: User, task: Task, clip_id: UUID, choice: Choice, context: ReviewContext
) -> SubmittedReview:
    """Store a review and decide the clip when it was the last one needed.

    Raises UserError ``not_reviewer``, ``client_id_reused``, ``clip_gone``, ``clip_withdrawn``, ``own_clip``,
    ``not_in_queue`` or ``not_offered``, and then nothing is written. A review that comes too late, because
    the lease was lost or the clip is decided, is kept all the same and says so in ``notes``.
    """
    require_reviewer(reviewer)
    rater = pseudonym_of(reviewer)
    try:
        with transaction.atomic():
            entry = _locked_entry(task, clip_id)
            clip = _reviewable_clip(reviewer, clip_id)
            return _write_review(reviewer, rater, clip, _required(entry), choice, context)
    except (IntegrityError, UserError):
        # Looked for last, since most reviews come once: the id is unique, and a clip may be gone by now.
        if sent_before := _sent_before(rater, context, task, clip_id, choice):
            return sent_before
        raise


def revise(
    *, reviewer: User, task: Task, clip_id: UUID, choice: Choice, context: ReviewContext
) -> SubmittedReview:
    """Change one's review after seeing the prediction; both are kept.

    Raises what ``submit_review`` raises, and ``not_reviewed`` when there is no review to change.
    """
    current = CurrentReview.objects.filter(task=task, clip_id=clip_id, rater=pseudonym_of(reviewer))
    if not current.exists():
        detail = _("You have not reviewed this clip, or you took your answer back.")
        raise UserError("not_reviewed", detail, status=409)
    return submit_review(reviewer=reviewer, task=task, clip_id=clip_id, choice=choice, context=context)


def undo_last(*, reviewer: User, task: Task, client_id: str) -> SubmittedReview:
    """Take back one's last review in a task; the clip is kept for the reviewer again if it is free.

    Raises UserError ``not_reviewer``, ``nothing_to_undo`` or ``client_id_reused``, or ``clip_withdrawn`` as
    ``submit_review``.
    """
    require_reviewer(reviewer)
    rater = pseudonym_of(reviewer)
    with transaction.atomic():
        # One after the other, so that each finds what the one before has left.
        Pseudonym.objects.select_for_update().get(name=rater)
        if known := Review.objects.filter(rater=rater, client_id=client_id).first():
            if (known.task_id, known.kind) != (task.pk, Review.Kind.WITHDRAWN):
                raise _id_reused()
            return _saved(known, created=False)
        last = CurrentReview.objects.filter(task=task, rater=rater).order_by("-review_id").first()
        if last is None:
            raise UserError("nothing_to_undo", _("You have no answer to take back."), status=409)
        entry = _required(_locked_entry(task, last.clip_id))
        clip = _reviewable_clip(reviewer, last.clip_id)
        review = Review(
            task=task,
            clip=clip,
            reviewer=reviewer,
            rater=rater,
            kind=Review.Kind.WITHDRAWN,
            picked_by=last.picked_by,
            client_id=client_id,
        )
        log.append(review, last)
        _return_lease(entry, reviewer)
        decision = settle(entry=entry, actor=reviewer)
    logger.info("Review withdrawn clip=%s task=%s review=%s", clip.pk, task.slug, review.pk)
    return SubmittedReview(review, decision, None, created=True)


def _return_lease(entry: QueueEntry, reviewer: User) -> None:
    """Lease the clip again to the reviewer who undid, unless it is leased or they hold enough."""
    if entry.last_reviewer_id == reviewer.pk:
        entry.last_reviewer = None
    now = timezone.now()
    is_free = entry.leased_until is None or entry.leased_until <= now or entry.leased_by_id == reviewer.pk
    if is_free and leases.count_held(reviewer, entry.task) < leases.MOST_HELD:
        entry.leased_by, entry.leased_until = reviewer, now + leases.LEASE


def _locked_entry(task: Task, clip_id: UUID) -> QueueEntry | None:
    """Lock the clip's entry, so that its reviews are written one at a time."""
    entry = QueueEntry.objects.select_for_update().filter(task=task, clip_id=clip_id).first()
    if entry is not None:
        entry.task = task  # known, so that it is not read again
    return entry


def _required(entry: QueueEntry | None) -> QueueEntry:
    if entry is None:
        detail = _("This clip is not in the queue of this task.")
        raise UserError("not_in_queue", detail, status=409)
    return entry


def _reviewable_clip(reviewer: User, clip_id: UUID) -> Clip:
    clip = Clip.objects.present().filter(pk=clip_id).first()
    if clip is None:
        raise UserError("clip_gone", _("This clip was deleted; nothing is needed from you."), status=410)
    if clip.owner_id == reviewer.pk:
        raise UserError("own_clip", _("This clip is yours. Only others may review it."), status=403)
    if not clip.shared_for_review:
        detail = _("Its owner no longer shares this clip; nothing is needed from you.")
        raise UserError("clip_withdrawn", detail, status=410)
    return clip


def _sent_before(
    rater: str, context: ReviewContext, task: Task, clip_id: UUID, choice: Choice
) -> SubmittedReview | None:
    """The review that this client id already made."""
    known = Review.objects.filter(rater=rater, client_id=context.client_id).first()
    if known is None:
        return None
    same_clip = (known.task_id, known.clip_id) == (task.pk, clip_id)
    if not same_clip or (known.label_id, known.flag) != (choice.label and choice.label.pk, choice.flag):
        raise _id_reused()
    return _saved(known, created=False)


def _id_reused() -> UserError:
    detail = _("This id was used for another answer. Use a new one for each answer.")
    return UserError("client_id_reused", detail, status=409)


def _saved(review: Review, *, created: bool) -> SubmittedReview:
    decision = Decision.objects.filter(clip_id=review.clip_id, task_id=review.task_id).first()
    # The clip was deleted since; its reviews stay.
    decision = decision or Decision(clip_id=review.clip_id, task_id=review.task_id)
    prediction = None
    if review.model_version_id:
        prediction = Prediction.objects.filter(
            clip_id=review.clip_id, model_version_id=review.model_version_id
        ).first()
    return SubmittedReview(review, decision, prediction, created)


def _write_review(
    reviewer: User, rater: str, clip: Clip, entry: QueueEntry, choice: Choice, context: ReviewContext
) -> SubmittedReview:
    # Undo mends slips of the finger, so the review after it counts like a first one; that the prediction
    # had been shown meanwhile stands beside it.
    mine = {"task": entry.task_id, "clip": clip, "rater": rater}
    earlier = set(Review.objects.filter(**mine).values_list("kind", flat=True))
    if not earlier:
        require_offered(entry=entry, reviewer=reviewer)
    current = CurrentReview.objects.filter(**mine).first() if earlier else None
    already = current is not None
    notes = _notes(entry, reviewer, already)
    holds_lease = entry.leased_by_id == reviewer.pk
    seen = already or Review.Kind.REVISED in earlier or context.prediction_shown
    seen = seen or (holds_lease and entry.prediction_shown)
    prediction = prediction_of(clip, entry.task)
    review = Review(
        task_id=entry.task_id,
        clip=clip,
        reviewer=reviewer,
        rater=rater,
        kind=Review.Kind.REVISED if seen else Review.Kind.BLIND,
        label=choice.label,
        flag=choice.flag,
        comment=choice.comment,
        picked_by=entry.picked_by,
        client_id=context.client_id,
        model_version=prediction.model_version if prediction else None,
        predicted_label=prediction.label if prediction else None,
        prediction_shown=seen or bool(earlier),
        milliseconds=context.milliseconds,
    )
    log.append(review, current)
    entry.last_reviewer = reviewer
    if holds_lease:
        entry.leased_by, entry.leased_until, entry.prediction_shown = None, None, False
    decision = settle(entry=entry, actor=reviewer)
    if choice.label and decision.label_id == choice.label.pk:
        decision.label = choice.label  # known, so that it is not read again
    logger.info("Review clip=%s task=%s review=%s kind=%s", clip.pk, entry.task_id, review.pk, review.kind)
    return SubmittedReview(review, decision, prediction, created=True, notes=notes)


def _notes(entry: QueueEntry, reviewer: User, already: bool) -> list[Note]:
    """What happened to the clip while the reviewer listened."""
    if already:  # a change of mind needs no lease
        return []
    if not entry.is_open:
        return [
            {
                "code": "already_decided",
                "detail": _("Others have decided this clip in the meantime. Your answer is kept."),
            }
        ]
    now = timezone.now()
    if entry.leased_by_id == reviewer.pk and entry.leased_until and entry.leased_until > now:
        return []
    if entry.leased_by_id not in (None, reviewer.pk) and entry.leased_until and entry.leased_until > now:
        detail = _("You were away for a while, and somebody else has this clip now. Your answer is kept.")
        return [{"code": "lease_taken", "detail": detail}]
    detail = _("The clip was no longer kept for you, but nobody else took it. Your answer is kept.")
    return [{"code": "lease_lost", "detail": detail}]
