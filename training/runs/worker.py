"""The worker's side of a run: check, supervise the training process, register its version, judge it."""

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
from training.models.policy import gate_policy_of
from training.runs.progress import DATABASE_AWAY, Cancelled, LeaseLost, RunProgress
from training.runs.snapshot_files import checked_files
from training.runs.supervise import supervise_process
from training.runs.training_job import RESULT, VERSION, TrainingJob
from training.versions.promotion import promote_version

logger = logging.getLogger(__name__)
State = TrainingRun.State


def work_folder(run: TrainingRun) -> Path:
    return Path(settings.DATA_DIR) / "runs" / str(run.pk)


def execute_run(run: TrainingRun) -> None:
    """Execute a run to its end; after a kill, it resumes from the files in its folder.

    Whatever happens, the row says so with a code and a sentence.
    """
    try:
        progress = RunProgress(run)
    except LeaseLost:
        return
    work = work_folder(run)
    try:
        _run(progress, work)
    except LeaseLost:
        logger.warning("Lost the lease of run=%s", run.pk)
        return
    except Cancelled:
        progress.log("Cancelled.")
        progress.finish(State.CANCELLED)
    except (RunFailed, SnapshotRefused, VersionRefused) as error:
        _fail(progress, error.code, error.detail)
    except DATABASE_AWAY:
        # What was made stays in its folder; the run is taken again when the database is back.
        logger.exception("The database is away run=%s", run.pk)
        return
    except Exception as error:
        outage = unavailable(error)
        logger.exception("The run broke run=%s", run.pk)
        _fail(progress, outage.code if outage else "internal", str(error) or type(error).__name__)
    # It holds decoded sound, which must not outlive the run.
    shutil.rmtree(work, ignore_errors=True)


def _fail(progress: RunProgress, code: str, detail: str) -> None:
    progress.log(f"Failed: {detail}")
    progress.finish(State.FAILED, error_code=code[:40], error_detail=detail[:500])


def _run(progress: RunProgress, work: Path) -> None:
    runs = TrainingRun.objects.select_related("snapshot__task", "start_version", "task")
    run = runs.get(pk=progress.run.pk)
    progress.raise_if_cancelled()
    progress.log("A worker began." if run.attempts == 1 else f"A worker began again, attempt {run.attempts}.")
    work.mkdir(parents=True, exist_ok=True)
    if not (work / RESULT).is_file():
        job = _prepare_job(run, progress, work)
        supervise_process(progress, job)
    _register_and_judge(run, progress, work)


def _prepare_job(run: TrainingRun, progress: RunProgress, work: Path) -> TrainingJob:
    snapshot = checked_files(run.snapshot, progress, work)
    active = ModelVersion.objects.active(run.task.slug).first()
    run.compared_with = active
    progress.update(compared_with=active)
    if run.start_version.status != ModelVersion.Status.READY:
        raise RunFailed("not_ready", "The files of the version to start from were deleted.")
    verify(folder_of(run.start_version), run.start_version.checksum)
    job = TrainingJob(
        task=run.task.slug,
        labels=run.task.label_keys(),
        snapshot=str(snapshot),
        start=str(folder_of(run.start_version)),
        active=str(folder_of(active)) if active else None,
        from_people=_from_people(run.snapshot),
        work=str(work),
        hyperparameters=run.hyperparameters,
        lineage=_lineage(run),
        model_card=_model_card(run),
        noises=str(settings.NOISES_DIR) if settings.NOISES_DIR else None,
        rooms=str(settings.ROOMS_DIR) if settings.ROOMS_DIR else None,
        threads=settings.TRAINING_THREADS,
        memory_bytes=settings.TRAINING_MEMORY_BYTES,
    )
    job.write()
    return job


def _from_people(snapshot: Snapshot) -> list[str]:
    """Names of the clips outside the training split that came from no corpus."""
    measured = SnapshotClip.objects.filter(snapshot=snapshot).kept().exclude(split=Clip.Split.TRAIN)
    people = Clip.objects.exclude(source=Clip.Source.CORPUS)
    return [str(pk) for pk in measured.filter(clip__in=people).values_list("clip_id", flat=True)]


def _lineage(run: TrainingRun) -> dict[str, Any]:
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
        f"{run.snapshot.checksum}. Figures on unseen speakers are in manifest.json.\n"
    )


def _register_and_judge(run: TrainingRun, progress: RunProgress, work: Path) -> None:
    comparison = json.loads((work / RESULT).read_text(encoding="utf-8"))
    version = register_version(work / VERSION, task=run.task, origin=ModelVersion.Origin.TRAINED)
    policy = gate_policy_of(run.task)
    rules = gate.Rules(policy.recall_drop, policy.accuracy_drop, policy.noisy_drop, policy.speed_factor)
    verdict = {**gate.judge(comparison, rules), "rules": asdict(rules), "figures": comparison}
    progress.log(f"Registered {version}; the gate says: {verdict['outcome']}.")
    progress.save(version=version, verdict=verdict)
    by_itself = policy.promotes_by_itself and verdict["outcome"] in (gate.BETTER, gate.FIRST)
    if not verdict["passes"]:
        progress.finish(State.REJECTED, progress=1.0, stage="")
    elif not by_itself:
        progress.finish(State.WAITING_FOR_APPROVAL, progress=1.0, stage="")
    else:
        promote_trained_version(run, progress, version)


def promote_trained_version(run: TrainingRun, progress: RunProgress, version: ModelVersion) -> None:
    """Promote the new version; it awaits approval if another was promoted in the meantime."""
    compared_with = TrainingRun.objects.values_list("compared_with", flat=True).get(pk=run.pk)
    try:
        if ModelVersion.objects.active(run.task.slug).filter(pk=version.pk).exists():
            # An attempt that was killed after it put the version into service.
            compared_with = version.pk
        promote_version(
            version=version, administrator=None, reason=f"Training run {run.pk}", instead_of=compared_with
        )
    except UserError as error:
        progress.log(f"Not put into service by itself: {error.code}.")
        progress.finish(State.WAITING_FOR_APPROVAL, progress=1.0, stage="", error_code=error.code)
    else:
        progress.finish(State.PROMOTED, progress=1.0, stage="")
