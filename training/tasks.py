"""Work outside a request. Tasks take keys, load rows themselves and may run twice without harm."""

from django_tasks import task

from training.datasets import erasing, snapshot_folder
from training.models import PredictionJob, Snapshot, TrainingRun
from training.runs import worker
from training.versions import repredict


@task()
def write_snapshot(snapshot_id: int) -> None:
    snapshot = Snapshot.objects.select_related("task").filter(pk=snapshot_id).first()
    if snapshot is not None:
        snapshot_folder.write_snapshot(snapshot)


@task()
def sync_snapshots(snapshot_ids: list[int]) -> None:
    """Remove the files of clips that their owners deleted or withdrew."""
    for snapshot in Snapshot.objects.select_related("task").filter(pk__in=snapshot_ids):
        erasing.sync_folder(snapshot)


@task(queue_name="training")
def execute_run(run_id: str) -> None:
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is not None and run.is_unfinished:
        worker.execute_run(run)


@task()
def predict_again(job_id: str) -> None:
    job = PredictionJob.objects.filter(pk=job_id).first()
    if job is not None and job.state != PredictionJob.State.DONE:
        repredict.execute_job(job)
