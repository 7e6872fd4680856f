"""Snapshots, runs and jobs whose task was lost, and the sound of erased clips that no worker removed."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from emotion_site.serving.recovery import Stranded, pending_arguments
from training import tasks
from training.models import PredictionJob, Snapshot, SnapshotClip, TrainingRun

# Between a row and its task lies a commit.
ENQUEUED_WITHIN = timedelta(minutes=1)
MAX_ATTEMPTS = 8


def stranded_runs() -> list[TrainingRun]:
    """Unfinished runs of which no task speaks any more."""
    pending = set(pending_arguments(tasks.execute_run.module_path))
    runs = TrainingRun.objects.unfinished().filter(created__lt=timezone.now() - ENQUEUED_WITHIN)
    return [run for run in runs if str(run.pk) not in pending]


def recover_run(run: TrainingRun) -> bool:
    """Enqueue a run again; one that ends its worker every time is given up."""
    if run.attempts < MAX_ATTEMPTS:
        tasks.execute_run.enqueue(str(run.pk))
        return True
    TrainingRun.objects.unfinished().filter(pk=run.pk).update(
        state=TrainingRun.State.FAILED,
        error_code="worker_lost",
        error_detail="The worker was lost again and again while it was busy with this run.",
        finished_at=timezone.now(),
    )
    return False


def stranded_snapshots() -> list[Snapshot]:
    """Frozen snapshots whose files no process writes and no task will."""
    pending = set(pending_arguments(tasks.write_snapshot.module_path))
    frozen = Snapshot.objects.without_writer().filter(created__lt=timezone.now() - ENQUEUED_WITHIN)
    return [snapshot for snapshot in frozen if snapshot.pk not in pending]


def recover_snapshot(snapshot: Snapshot) -> bool:
    tasks.write_snapshot.enqueue(snapshot.pk)
    return True


def stranded_prediction_jobs() -> list[PredictionJob]:
    pending = set(pending_arguments(tasks.predict_again.module_path))
    jobs = PredictionJob.objects.filter(
        state__in=[PredictionJob.State.WAITING, PredictionJob.State.RUNNING],
        created__lt=timezone.now() - ENQUEUED_WITHIN,
    )
    return [job for job in jobs if str(job.pk) not in pending]


def recover_prediction_job(job: PredictionJob) -> bool:
    tasks.predict_again.enqueue(str(job.pk))
    return True


def snapshots_with_erased_files() -> Iterable[int]:
    """Keys of snapshots that still hold files of clips which were taken back, and no task removes them."""
    pending = {pk for keys in pending_arguments(tasks.sync_snapshots.module_path) for pk in keys}
    erased = SnapshotClip.objects.filter(erased=True).exclude(file="")
    ready = erased.filter(snapshot__state=Snapshot.State.READY)
    return sorted(set(ready.values_list("snapshot_id", flat=True)) - pending)


def recover_erasing(snapshot_id: int) -> bool:
    tasks.sync_snapshots.enqueue([snapshot_id])
    return True


KINDS = (
    Stranded("training runs", find=stranded_runs, recover=recover_run),
    Stranded("snapshots", find=stranded_snapshots, recover=recover_snapshot),
    Stranded("prediction jobs", find=stranded_prediction_jobs, recover=recover_prediction_job),
    Stranded("erased clips", find=snapshots_with_erased_files, recover=recover_erasing),
)
