"""The next clip for a reviewer, and which clips a reviewer may play."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models import CurrentReview, ListenLog, OfferedClip, PickedBy, QueueEntry, ReviewPolicy
from annotations.queue import leases
from annotations.queue.entries import rng
from annotations.reviews.pseudonyms import pseudonym_of
from classifier.models import Clip, Prediction, Task
from classifier.querysets import ClipQuerySet
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import is_admin, is_reviewer

# So many free clips must be left for each of the others before anybody prefetches.
FREE_PER_OTHER = 5


@dataclass(frozen=True)
class Offer:
    """A clip that is kept for a reviewer until ``leased_until``.

    ``prediction`` is None while it must not be seen, and where there is none.
    """

    clip: Clip
    task: Task
    picked_by: PickedBy
    leased_until: datetime
    prediction: Prediction | None


def require_reviewer(user: User) -> None:
    """Raises UserError ``not_reviewer``."""
    if not is_reviewer(user):
        raise UserError(
            "not_reviewer",
            _("Only reviewers may do this. If you were one until now, ask an administrator."),
            status=403,
        )


def review_policy_of(task: Task) -> ReviewPolicy:
    return ReviewPolicy.objects.get_or_create(task=task)[0]


def take_next(
    *, reviewer: User, task: Task, beside: Sequence[UUID] = (), ahead: bool = False
) -> Offer | None:
    """Keep the next clip for a reviewer; the same again until it is reviewed or released.

    ``beside`` names clips that the reviewer holds and does not mean, so that the one after them can be
    prefetched. With ``ahead`` it is only leased while enough are left for the other reviewers. None when
    nothing is left for this person. Raises UserError ``not_reviewer`` or ``too_many_held``.
    """
    require_reviewer(reviewer)
    if ahead and not _may_prefetch(reviewer=reviewer, task=task):
        return None
    policy = review_policy_of(task)
    request = leases.LeaseRequest(
        reviewer=reviewer,
        task=task,
        random_first=rng.random() * 100 < policy.random_percent,
        shown=not policy.is_blind,
        beside=list(beside),
    )
    entry_id = leases.lease_next(request)
    if entry_id is None:
        return None
    record_offer(entry_id=entry_id, reviewer=reviewer)
    entry = QueueEntry.objects.select_related("clip").get(pk=entry_id)
    # None when it was reviewed in another window between the two statements.
    return _offer(entry, task) or take_next(reviewer=reviewer, task=task, beside=beside)


def _may_prefetch(*, reviewer: User, task: Task) -> bool:
    """Not when the others have too few clips left."""
    now = timezone.now()
    is_held = Q(leased_until__gt=now, leased_until__lte=now + leases.LONGEST)
    waiting = QueueEntry.objects.filter(task=task, is_open=True)
    held = waiting.filter(is_held, leased_by__isnull=False).exclude(leased_by=reviewer)
    others = held.values("leased_by").distinct().count()
    needed = FREE_PER_OTHER * others
    free = waiting.filter(~is_held | Q(leased_until__isnull=True))
    return not others or free[: needed + 1].count() > needed


def held_offer(*, reviewer: User, task: Task, clip_id: UUID) -> Offer | None:
    """A clip that this person holds and may still review, offered once more; None when it is not so."""
    entry = (
        QueueEntry.objects.filter(
            leases.held_by(reviewer), task=task, clip_id=clip_id, clip__in=Clip.objects.reviewable()
        )
        .select_related("clip")
        .first()
    )
    return _offer(entry, task) if entry else None


def _offer(entry: QueueEntry, task: Task) -> Offer | None:
    if entry.leased_until is None:
        return None
    prediction = prediction_of(entry.clip, task) if entry.prediction_shown else None
    return Offer(entry.clip, task, entry.picked_by, entry.leased_until, prediction)


def record_offer(*, entry_id: int, reviewer: User) -> None:
    """A lease ends and goes to others; that the clip was offered stays."""
    offered = OfferedClip(entry_id=entry_id, reviewer=reviewer)
    OfferedClip.objects.bulk_create([offered], ignore_conflicts=True)


def require_offered(*, entry: QueueEntry, reviewer: User) -> None:
    """Refuse a review of a clip that was never offered to this person. Raises UserError ``not_offered``."""
    if entry.leased_by_id == reviewer.pk:
        return
    if not OfferedClip.objects.filter(entry=entry, reviewer=reviewer).exists():
        detail = _("This clip was not offered to you. Take the next one from the queue.")
        raise UserError("not_offered", detail, status=403)


def show_prediction(*, reviewer: User, task: Task, clip_id: UUID) -> Prediction | None:
    """Show the prediction before the review, which then no longer counts as blind.

    Raises UserError ``not_reviewer`` or ``lease_lost``.
    """
    require_reviewer(reviewer)
    leases.heartbeat(reviewer=reviewer, task=task, clip_id=clip_id)
    held = QueueEntry.objects.select_related("clip").get(task=task, clip_id=clip_id)
    QueueEntry.objects.filter(pk=held.pk, leased_by=reviewer).update(prediction_shown=True)
    return prediction_of(held.clip, task)


def prediction_of(clip: Clip, task: Task) -> Prediction | None:
    """The prediction of a clip that its owner sees."""
    among = Prediction.objects.filter(clip=clip, model_version__task=task)
    prediction = clip.latest_prediction(among.select_related("label", "model_version"))
    if prediction is not None:
        prediction.clip = clip  # known, so that it is not read again
    return prediction


def playable_by(user: User) -> ClipQuerySet:
    """Clips of others that a person may play: those leased or reviewed by them, while they are shared.

    Administrators may play every shared clip.
    """
    if is_admin(user):
        return Clip.objects.reviewable()
    if not is_reviewer(user):
        return Clip.objects.none()
    held = QueueEntry.objects.filter(leases.held_by(user), clip=OuterRef("pk"))
    reviewed = CurrentReview.objects.filter(reviewer=user, clip=OuterRef("pk"))
    return Clip.objects.reviewable().filter(Exists(held) | Exists(reviewed))


def log_listen(*, listener: User, clip: Clip) -> None:
    """Log a listen by anyone but the owner."""
    if clip.owner_id != listener.pk:
        ListenLog.objects.create(clip=clip, listener=listener, pseudonym=pseudonym_of(listener))
