"""Reports of tasks with so many reviews that making one takes seconds are kept and made by a worker."""

from datetime import timedelta

from django.utils import timezone

from annotations.agreement.report import Report, make_report
from annotations.models import CurrentReview, KeptReport, Review
from classifier.models import Task

# With fewer reviews than this a report is made whenever somebody asks.
MANY_REVIEWS = 50_000
# Deleted clips change figures without a new review.
CURRENT_FOR = timedelta(minutes=10)


def has_many_reviews(task: Task) -> bool:
    return CurrentReview.objects.filter(task=task).order_by("clip")[MANY_REVIEWS:].exists()


def store_report(task: Task) -> Report:
    """Make the report and keep it."""
    newest = newest_review(task.pk)
    report = make_report(task)
    values = {"body": report.as_dict(), "newest_review": newest, "made": timezone.now()}
    KeptReport.objects.update_or_create(task=task, defaults=values)
    return report


def is_current(kept: KeptReport) -> bool:
    recent = timedelta(0) <= timezone.now() - kept.made <= CURRENT_FOR
    return recent and kept.newest_review == newest_review(kept.task_id)


def newest_review(task_id: int) -> int | None:
    newest = Review.objects.filter(task=task_id).order_by("-id").values_list("pk", flat=True)
    return newest.first()


def store_missing_reports() -> None:
    """Compute the first report of each task with many reviews ahead of its first request."""
    for task in Task.objects.exclude(pk__in=KeptReport.objects.values("task")):
        if has_many_reviews(task):
            store_report(task)
