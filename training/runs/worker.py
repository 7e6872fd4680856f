"""The worker's side of a run: check, hand to a process, follow it, register what it made, and judge."""

import json
import logging
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings

from classifier.inference.exceptions import VersionRefused
from classifier.inference.version_folder import verify
from classifier.models import Clip, ModelVersion
from classifier.predictions.registry import folder_of, register_version
from emotion_site.counted import counted
from emotion_site.exceptions import UserError, unavailable
from training.evaluation import gate
from training.exceptions import RunFailed, SnapshotRefused
from training.models import Snapshot, SnapshotClip, TrainingRun
from training.models.policy import policy_of
from training.runs.job import RESULT, VERSION, Job
from training.runs.progress import AWAY, RunLost, RunRow
from training.runs.snapshot import checked_files, require_wanted
from training.runs.supervise import Cancelled, follow_process
from training.versions.promotion import promote_version

logger = logging.getLogger(__name__)
State = TrainingRun.State


def work_folder(run: TrainingRun) -> Path:
    return Path(settings.DATA_DIR) / "runs" / str(run.pk)


def execute_run(run: TrainingRun) -> None:
    """Take a run to its end; called again after a kill, it goes on from what lies in its folder.

    Whatever happens, the row says so with a code and a sentence.
    """
    try:
        row = RunRow(run)
    except RunLost:
        return
    work = work_folder(run)
    try:
        _work(row, work)
    except RunLost:
        logger.warning("Lost run=%s to another worker or to its end", run.pk)
        return
    except Cancelled:
        row.say("Cancelled.")
        row.end(State.CANCELLED)
    except (RunFailed, SnapshotRefused, VersionRefused) as error:
        _fail(row, error.code, error.detail)
    except AWAY:
        # What was made stays in its folder; the run is taken again when the database is back.
        logger.exception("The database is away run=%s", run.pk)
        return
    except Exception as error:
        outage = unavailable(error)
        logger.exception("The run broke run=%s", run.pk)
        _fail(row, outage.code if outage else "internal", str(error) or type(error).__name__)
    # It holds decoded sound, which must not outlive the run.
    shutil.rmtree(work, ignore_errors=True)


def _fail(row: RunRow, code: str, detail: str) -> None:
    row.say(f"Failed: {detail}")
    row.end(State.FAILED, error_code=code[:40], error_detail=detail[:500])


def _work(row: RunRow, work: Path) -> None:
    run = TrainingRun.objects.select_related("snapshot__task", "start_version", "task").get(pk=row.run.pk)
    require_wanted(row)
    row.say("A worker began." if run.attempts == 1 else f"A worker began again, attempt {run.attempts}.")
    work.mkdir(parents=True, exist_ok=True)
    if not (work / RESULT).is_file():
        job = _prepared(run, row, work)
        follow_process(row, job)
    _register_and_judge(run, row, work)


def _prepared(run: TrainingRun, row: RunRow, work: Path) -> Job:
    learned_from = checked_files(run.snapshot, row, work)
    active = ModelVersion.objects.active(run.task.slug).first()
    run.compared_with = active
    row.note(compared_with=active, log=row.log)
    if run.start_version.status != ModelVersion.Status.READY:
        raise RunFailed("not_ready", "The files of the version to start from were deleted.")
    verify(folder_of(run.start_version), run.start_version.checksum)
    job = Job(
        task=run.task.slug,
        labels=list(run.task.labels.order_by("order").values_list("key", flat=True)),
        snapshot=str(learned_from),
        start=str(folder_of(run.start_version)),
        active=str(folder_of(active)) if active else None,
        from_people=_from_people(run.snapshot),
        work=str(work),
        hyperparameters=run.hyperparameters,
        origin=_origin(run),
        model_card=_model_card(run),
        noises=str(settings.NOISES_DIR) if settings.NOISES_DIR else None,
        rooms=str(settings.ROOMS_DIR) if settings.ROOMS_DIR else None,
        threads=settings.TRAINING_THREADS,
        memory_bytes=settings.TRAINING_MEMORY_BYTES,
    )
    job.write()
    return job


def _from_people(snapshot: Snapshot) -> list[str]:
    """Names of the clips to judge by that came from no corpus."""
    judged = SnapshotClip.objects.filter(snapshot=snapshot).kept().exclude(split=Clip.Split.TRAIN)
    people = Clip.objects.exclude(source=Clip.Source.CORPUS)
    return [str(pk) for pk in judged.filter(clip__in=people).values_list("clip_id", flat=True)]


def _origin(run: TrainingRun) -> dict[str, Any]:
    return {
        "kind": "trained",
        "run": str(run.pk),
        "snapshot": run.snapshot.number,
        "snapshot_checksum": run.snapshot.checksum,
        "mode": run.mode,
        "start_version": run.start_version.number,
    }


def _model_card(run: TrainingRun) -> str:
    return (
        f"# Trained here from {run.snapshot}\n\n"
        f"Made by training run {run.pk}: {run.get_mode_display()}, starting from "
        f"{run.start_version}, on {counted(run.snapshot.n_clips, 'clip')}. The data set's checksum is "
        f"{run.snapshot.checksum}. Figures on unseen speakers stand in manifest.json.\n"
    )


def _register_and_judge(run: TrainingRun, row: RunRow, work: Path) -> None:
    found = json.loads((work / RESULT).read_text(encoding="utf-8"))
    version = register_version(work / VERSION, task=run.task, origin=ModelVersion.Origin.TRAINED)
    policy = policy_of(run.task)
    rules = gate.Rules(policy.recall_drop, policy.accuracy_drop, policy.noisy_drop, policy.speed_factor)
    verdict = {**gate.judge(found, rules), "rules": asdict(rules), "figures": found}
    row.say(f"Registered {version}; the gate says: {verdict['outcome']}.")
    row.keep(version=version, verdict=verdict, log=row.log)
    by_itself = policy.promotes_by_itself and verdict["outcome"] in (gate.BETTER, gate.FIRST)
    if not verdict["passes"]:
        row.end(State.REJECTED, progress=1.0, stage="")
    elif not by_itself:
        row.end(State.WAITING_FOR_APPROVAL, progress=1.0, stage="")
    else:
        promote(run, row, version)


def promote(run: TrainingRun, row: RunRow, version: ModelVersion) -> None:
    """A version that cannot come into service by itself, because another did, waits for a person."""
    compared_with = TrainingRun.objects.values_list("compared_with", flat=True).get(pk=run.pk)
    try:
        if ModelVersion.objects.active(run.task.slug).filter(pk=version.pk).exists():
            # An attempt that was killed after it put the version into service.
            compared_with = version.pk
        promote_version(
            version=version, administrator=None, reason=f"Training run {run.pk}", instead_of=compared_with
        )
    except UserError as error:
        row.say(f"Not put into service by itself: {error.code}.")
        row.end(State.WAITING_FOR_APPROVAL, progress=1.0, stage="", error_code=error.code)
    else:
        row.end(State.PROMOTED, progress=1.0, stage="")
