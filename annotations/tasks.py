"""Work outside a request. Tasks take keys, load rows themselves and may run twice without harm."""

from django_tasks import task

from annotations.agreement.report_cache import is_current, store_report
from annotations.exports.jobs import make_export
from annotations.exports.upkeep import drop_withdrawn_sound
from annotations.models import KeptReport, LabelExport, QueueEntry
from annotations.queue.entries import sync_entries
from classifier.models import Task


@task()
def run_export(export_id: str) -> None:
    export = LabelExport.objects.select_related("task").filter(pk=export_id).first()
    if export is not None and export.status != LabelExport.Status.DONE:
        make_export(export)
        drop_withdrawn_sound()  # what was taken back while this ran


@task()
def reorder_queue(task_id: int) -> None:
    """Follow the order of a policy that was changed."""
    waiting = QueueEntry.objects.filter(task=task_id, is_open=True)
    sync_entries(list(waiting.values_list("clip_id", flat=True)))


@task()
def check_exports() -> None:
    """A clip was withdrawn."""
    drop_withdrawn_sound()


@task()
def refresh_report(task_id: int) -> None:
    kept = KeptReport.objects.filter(task=task_id).first()
    if kept is None or not is_current(kept):
        store_report(Task.objects.get(pk=task_id))
