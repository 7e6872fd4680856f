"""The task that a page is about."""

from collections.abc import Sequence

from django.http import Http404, HttpRequest

from annotations.imports.labels import DEFAULT_TASK
from classifier.models import Task


def requested_task(request: HttpRequest) -> tuple[Task, Sequence[Task]]:
    """The task that ``?task=`` names, or the one that ships; and all tasks to choose from."""
    tasks = list(Task.objects.order_by("pk"))
    slug = request.GET.get("task") or DEFAULT_TASK
    task = next((task for task in tasks if task.slug == slug), None)
    if task is None:
        raise Http404
    return task, tasks
