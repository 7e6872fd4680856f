from django.core.cache import cache

from annotations import tasks
from annotations.agreement.report import Report, make_report
from annotations.agreement.report_cache import has_many_reviews, is_current, store_report
from annotations.models import KeptReport
from classifier.models import Task

RETRY_AFTER_S = 30


def report_of(task: Task) -> Report:
    """The report as it is now; with many reviews the last one that was made, and a worker makes the next.

    One that was made for other labels is of no use any more.
    """
    kept = KeptReport.objects.filter(task=task).first()
    if kept is None and not has_many_reviews(task):
        return make_report(task)
    labels = task.label_keys()
    if kept is None or kept.body["labels"] != labels:
        return store_report(task)
    if not is_current(kept) and cache.add(f"annotations.report:{task.pk}", True, timeout=RETRY_AFTER_S):
        tasks.refresh_report.enqueue(task.pk)
    return Report.from_dict(kept.body)
