"""Adjudication by administrators, objections of owners, and the policy of a queue."""

import logging
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from annotations import tasks
from annotations.models import Decision, Objection, QueueEntry, ReviewPolicy
from annotations.queue.entries import needed_reviews, sync_entries
from annotations.queue.offers import prediction_of
from annotations.reviews.choice import Choice
from annotations.reviews.decisions import write_decision
from classifier.models import Clip, Label, Task
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import is_admin

logger = logging.getLogger(__name__)


@transaction.atomic
def adjudicate(*, administrator: User, task: Task, clip_id: UUID, choice: Choice) -> Decision:
    """Decide a clip whatever its reviews say.

    Raises PermissionDenied, and UserError ``clip_gone``, ``own_clip`` or ``clip_withdrawn``.
    """
    if not is_admin(administrator):
        raise PermissionDenied
    entry = QueueEntry.objects.select_for_update().filter(task=task, clip_id=clip_id).first()
    clip = Clip.objects.present().filter(pk=clip_id).first()
    if clip is None:
        raise UserError("clip_gone", _("This clip was deleted; nothing is needed from you."), status=410)
    if clip.owner_id == administrator.pk:
        raise UserError("own_clip", _("This clip is yours. Only others may decide it."), status=403)
    if clip.owner_id and not clip.shared_for_review:
        detail = _("Its owner no longer shares this clip; nothing is needed from you.")
        raise UserError("clip_withdrawn", detail, status=410)
    decision, _created = Decision.objects.select_for_update().get_or_create(clip=clip, task=task)
    write_decision(
        decision,
        state=Decision.State.EXCLUDED if choice.flag else Decision.State.DECIDED,
        label_id=choice.label.pk if choice.label else None,
        flag=choice.flag,
        how=Decision.How.ADJUDICATED,
        actor=administrator,
        comment=choice.comment,
    )
    if entry is not None:
        QueueEntry.objects.filter(pk=entry.pk).update(
            is_open=False, leased_by=None, leased_until=None, prediction_shown=False
        )
    return decision


@transaction.atomic
def object_to_prediction(
    *, owner: User, clip: Clip, task: Task, wished_label: str = "", comment: str = ""
) -> Objection:
    """An owner says that the prediction of a clip is wrong: it moves forward unless it was drawn at random.

    Objecting again replaces the objection. Raises UserError ``not_yours``, ``nothing_to_object`` or
    ``wrong_label``.
    """
    if clip.owner_id != owner.pk:
        raise UserError("not_yours", _("Only the owner of a clip may object."), status=403)
    prediction = prediction_of(clip, task)
    if prediction is None:
        raise UserError("nothing_to_object", _("This clip has no prediction yet."), status=409)
    wished = Label.objects.filter(task=task, key=wished_label).first() if wished_label else None
    if wished_label and wished is None:
        raise UserError("wrong_label", _("This label does not belong to the task of this clip."))
    objection, _created = Objection.objects.update_or_create(
        clip=clip,
        task=task,
        defaults={
            "model_version": prediction.model_version,
            "predicted_label": prediction.label,
            "wished_label": wished,
            "comment": " ".join(comment.split())[:500],
        },
    )
    sync_entries([clip.pk])
    logger.info("Objection clip=%s task=%s", clip.pk, task.slug)
    return objection


@transaction.atomic
def set_policy(*, policy: ReviewPolicy, actor: User) -> None:
    """Keep a changed policy; clips that nobody has reviewed yet follow it, a worker puts them in order."""
    policy.full_clean()
    policy.save()
    untouched = QueueEntry.objects.filter(task=policy.task, given=0, is_open=True)
    for needed in {needed_reviews(policy, draw) for draw in (0.0, 1.0)}:
        share = policy.doubled_percent / 100
        doubled = needed > policy.reviewers_needed
        drawn = {"overlap_draw__lt": share} if doubled else {"overlap_draw__gte": share}
        untouched.filter(**drawn).update(needed=needed)
    transaction.on_commit(lambda: tasks.reorder_queue.enqueue(policy.task_id))
    logger.info("Review policy changed task=%s by=%s", policy.task.slug, actor.pk)
