"""Starts, cancels, approves and rejects training runs; a worker executes them."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classifier.models import ModelVersion, Task
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import require_admin
from training import tasks
from training.datasets.trainable import refusal_of
from training.libraries import missing_libraries
from training.models import Snapshot, TrainingRun
from training.runs.presets import estimated_seconds, hyperparameters_of
from training.versions.promotion import promote_version

logger = logging.getLogger(__name__)
State = TrainingRun.State

# A run whose heartbeat is older than this has no worker that could stop it.
SILENT_AFTER = timedelta(seconds=30)
# Hyperparameters that a run may set: kind, lowest and highest value.
CHANGEABLE: Mapping[str, tuple[type, float, float]] = {
    "seed": (int, 0, 2**31 - 1),
    "top_layers": (int, 1, 48),
    "copies": (int, 1, 20),
    "epochs": (int, 1, 1000),
    "batch_size": (int, 1, 512),
    "learning_rate": (float, 1e-8, 1.0),
    "head_learning_rate": (float, 1e-8, 1.0),
    "head_decay": (float, 0.0, 100.0),
    "vote_weight": (float, 0.0, 1.0),
    "start_weight": (float, 0.0, 1.0),
    "averaged_epochs": (int, 1, 1000),
}


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
    ``one_label``, ``empty_split``, ``snapshot_failed``, ``not_ready``, ``other_task``, ``cannot_train``,
    ``unknown_setting`` or ``bad_setting``.
    """
    require_admin(administrator)
    start = start_version or ModelVersion.objects.active(snapshot.task.slug).first()
    if start is None:
        raise UserError("no_model", _("There is no model version to start from."), status=409)
    _require_trainable(snapshot, mode, start, hyperparameters or {})
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
    require_admin(administrator)
    silent = Q(heartbeat__lt=timezone.now() - SILENT_AFTER)
    without_worker = Q(state=State.QUEUED, heartbeat__isnull=True) | silent
    unfinished = TrainingRun.objects.unfinished().filter(pk=run.pk)
    stopped = unfinished.filter(without_worker).update(state=State.CANCELLED, finished_at=timezone.now())
    if not stopped and not unfinished.update(cancel_requested=True):
        raise UserError("run_is_over", _("This run has ended already."), status=409)
    run.refresh_from_db()
    logger.info("Cancelling run=%s by=%s", run.pk, administrator.pk)


def approve_run(*, run: TrainingRun, administrator: User, reason: str = "") -> None:
    """Put the version of a run into service that waits for a decision, or that only the gate rejected.

    Raises PermissionDenied, and UserError ``not_waiting`` or the code of a refused promotion.
    """
    require_admin(administrator)
    version = run.version
    if version is None or not run.may_be_approved:
        raise UserError("not_waiting", _("This run has no version that waits for a decision."), status=409)
    # Of two who approve at once, the second one saw another version in service, and is refused.
    promote_version(
        version=version, administrator=administrator, reason=reason, instead_of=run.compared_with_id
    )
    _settle(run, State.PROMOTED, administrator)


def reject_run(*, run: TrainingRun, administrator: User, reason: str = "") -> None:
    """Leave the version of a waiting run out of service; its log keeps why. Raises as ``approve_run``."""
    require_admin(administrator)
    _settle(run, State.REJECTED, administrator, waiting=[State.WAITING_FOR_APPROVAL])
    if reason:
        run.log = [*run.log, f"{timezone.now():%H:%M:%S} Left out of service: {reason}"]
        run.save(update_fields=["log"])


def _settle(run: TrainingRun, state: str, administrator: User, waiting: list[str] | None = None) -> None:
    """Of two administrators one decides, and the other gets an error."""
    undecided = TrainingRun.objects.filter(pk=run.pk, decided_by__isnull=True)
    decided = undecided.filter(state__in=waiting or [State.WAITING_FOR_APPROVAL, State.REJECTED]).update(
        state=state, decided_by=administrator
    )
    if not decided:
        raise UserError("not_waiting", _("Somebody has already decided about this run."), status=409)
    run.refresh_from_db()
    logger.info("Settled run=%s state=%s by=%s", run.pk, state, administrator.pk)


def latest_snapshot(task: Task) -> Snapshot | None:
    """The default of *Retrain*."""
    return Snapshot.objects.filter(task=task).exclude(state=Snapshot.State.FAILED).first()


def _require_trainable(snapshot: Snapshot, mode: str, start: ModelVersion, chosen: Mapping[str, Any]) -> None:
    if mode not in TrainingRun.Mode.values:
        raise UserError("unknown_mode", _("There is no such training mode."))
    if unknown := sorted(chosen.keys() - CHANGEABLE):
        raise UserError(
            "unknown_setting",
            _("There is no setting %(names)s that a run may change.") % {"names": ", ".join(unknown)},
        )
    for name, value in chosen.items():
        _require_number(name, value)
    if missing_libraries():
        raise UserError(
            "cannot_train",
            _("This installation can serve but not train. Whoever runs the site can add what is missing."),
            status=409,
        )
    if start.task_id != snapshot.task_id:
        raise UserError("other_task", _("This version predicts another task."), status=409)
    if start.status != ModelVersion.Status.READY:
        raise UserError("not_ready", _("The files of this version were deleted."), status=409)
    if refusal := refusal_of(snapshot):
        raise refusal


def _require_number(name: str, value: Any) -> None:
    kind, lowest, highest = CHANGEABLE[name]
    is_number = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= highest:
        values = {"name": name, "lowest": lowest, "highest": highest}
        text = _("The setting %(name)s takes a number from %(lowest)s to %(highest)s.") % values
        raise UserError("bad_setting", text)
