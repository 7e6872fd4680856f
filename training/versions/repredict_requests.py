"""Requests new predictions of chosen clips by the version in service; those of older versions stay."""

import logging

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from classifier.models import Clip, ModelVersion, Task
from classifier.querysets import ClipQuerySet
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import is_admin
from training import tasks
from training.models import PredictionJob

logger = logging.getLogger(__name__)


def clips_to_repredict(version: ModelVersion) -> ClipQuerySet:
    """Clips that show the prediction of another version, even if this one has predicted them before."""
    return Clip.objects.present().filter(answered_by__task=version.task).exclude(answered_by=version)


def start_prediction_job(*, person: User, task: Task, clips: ClipQuerySet) -> PredictionJob:
    """Start a job for these clips; only administrators may choose clips of others.

    Raises PermissionDenied, and UserError ``no_model`` or ``no_clips``.
    """
    version = ModelVersion.objects.active(task.slug).first()
    if version is None:
        raise UserError("no_model", _("No model is in service yet."), status=409)
    chosen = clips.present().order_by()
    if not is_admin(person) and chosen.exclude(owner=person).exists():
        raise PermissionDenied
    ids = [str(pk) for pk in chosen.values_list("pk", flat=True)]
    if not ids:
        raise UserError("no_clips", _("There is no clip to predict again."), status=409)
    with transaction.atomic():
        job = PredictionJob.objects.create(task=task, version=version, asked_by=person, clip_ids=ids)
        transaction.on_commit(lambda: tasks.predict_again.enqueue(str(job.pk)))
    logger.info("Predicting again job=%s clips=%d by=%s", job.pk, len(ids), person.pk)
    return job
