"""Starts, stops and settles training runs; a worker does what lies between."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classifier.models import ModelVersion, Task
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import is_admin
from training import tasks
from training.models import Snapshot, TrainingRun
from training.presets import estimated_seconds, hyperparameters_of
from training.promoting import promote_version
from training.run_row import announce

logger = logging.getLogger(__name__)
State = TrainingRun.State

# A run whose worker gives no sign for so long is nobody's to stop but ours.
SILENT_AFTER = timedelta(seconds=30)
CHANGEABLE = frozenset(
    {
        "seed",
        "top_layers",
        "copies",
        "epochs",
        "batch_size",
        "learning_rate",
        "head_learning_rate",
        "head_decay",
        "vote_weight",
        "averaged_epochs",
    }
)


def start_run(
    *,
    administrator: User,
    snapshot: Snapshot,
    mode: str = TrainingRun.Mode.HEAD,
    start_version: ModelVersion | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
) -> TrainingRun:
    """Queue a run from a snapshot; it starts from the version in service unless another is named.

    Raises PermissionDenied, and UserError ``run_exists`` (one run of a task at a time), ``no_model``,
    ``one_label``, ``snapshot_failed``, ``not_ready``, ``other_task`` or ``unknown_setting``.
    """
    _require_admin(administrator)
    start = start_version or ModelVersion.objects.active(snapshot.task.slug).first()
    if start is None:
        raise UserError("no_model", _("There is no model version to start from."), status=409)
    _require_fitting(snapshot, mode, start, hyperparameters or {})
    run = TrainingRun(
        task=snapshot.task,
        snapshot=snapshot,
        mode=mode,
        start_version=start,
        hyperparameters=hyperparameters_of(mode, hyperparameters or {}),
        estimated_seconds=estimated_seconds(
            snapshot=snapshot, mode=mode, parameters=start.manifest["parameters"]
        ),
        started_by=administrator,
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
            transaction.on_commit(lambda: tasks.execute_run.enqueue(str(run.pk)))
    except IntegrityError as error:
        raise UserError(
            "run_exists", _("A training run is under way already. Wait for it, or cancel it."), status=409
        ) from error
    logger.info("Queued run=%s snapshot=%s mode=%s by=%s", run.pk, snapshot.pk, mode, administrator.pk)
    return run


def cancel_run(*, run: TrainingRun, administrator: User) -> None:
    """Stop a run: at once while it waits, within seconds while a worker is busy with it.

    Raises PermissionDenied, and UserError ``run_is_over``.
    """
    _require_admin(administrator)
    nobody = Q(state=State.QUEUED, heartbeat__isnull=True) | Q(heartbeat__lt=timezone.now() - SILENT_AFTER)
    unfinished = TrainingRun.objects.unfinished().filter(pk=run.pk)
    stopped = unfinished.filter(nobody).update(state=State.CANCELLED, finished_at=timezone.now())
    if not stopped and not unfinished.update(cancel_requested=True):
        raise UserError("run_is_over", _("This run has ended already."), status=409)
    run.refresh_from_db()
    announce(run.pk)
    logger.info("Cancelling run=%s by=%s", run.pk, administrator.pk)


def approve_run(*, run: TrainingRun, administrator: User, reason: str = "") -> None:
    """Put the version of a run into service that waits for it, or that the gate rejected.

    Raises PermissionDenied, and UserError ``not_waiting`` or the code of a refused promotion.
    """
    _require_admin(administrator)
    version = run.version
    if version is None or run.state not in (State.WAITING_FOR_APPROVAL, State.REJECTED):
        raise UserError("not_waiting", _("This run has no version that waits for a decision."), status=409)
    # Of two who approve at once, the version that they saw in service tells the second one to look again.
    promote_version(
        version=version, administrator=administrator, reason=reason, instead_of=run.compared_with_id
    )
    _settle(run, State.PROMOTED, administrator)
    announce(run.pk)


def reject_run(*, run: TrainingRun, administrator: User, reason: str = "") -> None:
    """Leave the version of a waiting run out of service; its log keeps why. Raises as ``approve_run``."""
    _require_admin(administrator)
    _settle(run, State.REJECTED, administrator, waiting=[State.WAITING_FOR_APPROVAL])
    if reason:
        run.log = [*run.log, f"{timezone.now():%H:%M:%S} Left out of service: {reason}"]
        run.save(update_fields=["log"])
    announce(run.pk)


def _settle(run: TrainingRun, state: str, administrator: User, waiting: list[str] | None = None) -> None:
    """Of two administrators one decides, and the other is told."""
    decided = TrainingRun.objects.filter(
        pk=run.pk, state__in=waiting or [State.WAITING_FOR_APPROVAL, State.REJECTED]
    ).update(state=state, decided_by=administrator)
    if not decided:
        raise UserError("not_waiting", _("Somebody decided about this run already."), status=409)
    run.refresh_from_db()
    logger.info("Settled run=%s state=%s by=%s", run.pk, state, administrator.pk)


def latest_snapshot(task: Task) -> Snapshot | None:
    """What *Retrain* learns from when nobody chose."""
    return Snapshot.objects.filter(task=task).exclude(state=Snapshot.State.FAILED).first()


def _require_fitting(snapshot: Snapshot, mode: str, start: ModelVersion, chosen: Mapping[str, Any]) -> None:
    if mode not in TrainingRun.Mode.values:
        raise UserError("unknown_mode", _("There is no such way to train."))
    if unknown := sorted(chosen.keys() - CHANGEABLE):
        raise UserError(
            "unknown_setting",
            _("There is no setting %(names)s that a run may change.") % {"names": ", ".join(unknown)},
        )
    if snapshot.state == Snapshot.State.FAILED:
        raise UserError("snapshot_failed", _("This snapshot could not be written. Freeze anew."), status=409)
    if start.task_id != snapshot.task_id:
        raise UserError("other_task", _("This version predicts another task."), status=409)
    if start.status != ModelVersion.Status.READY:
        raise UserError("not_ready", _("The files of this version were deleted."), status=409)
    if sum(n > 0 for n in snapshot.counts["train"].values()) < 2:
        raise UserError(
            "one_label",
            _("Training needs decided clips of at least two labels from speakers of the training split."),
            status=409,
        )


def _require_admin(user: User) -> None:
    if not is_admin(user):
        raise PermissionDenied
