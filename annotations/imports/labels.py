"""New tasks, and the labels that files of other people mean."""

import re
from collections.abc import Mapping, Sequence
from unicodedata import normalize

from django.db import transaction

from annotations.exceptions import ImportRefused
from annotations.models import ReviewPolicy
from classifier.models import Label, Task

# Of Okabe and Ito (2008), then as far apart from them as may be.
COLOURS = (
    *("#7a7a7a", "#e69f00", "#0072b2", "#d55e00", "#8a63d2"),
    *("#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#4b5320"),
)
# The one that ships; the default wherever no task is named.
DEFAULT_TASK = "emotion"
KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")


@transaction.atomic
def create_task(*, slug: str, keys: Sequence[str], name: str = "") -> tuple[Task, bool]:
    """A task and its labels in this order; the same once more changes nothing.

    Raises ImportRefused ``bad_slug``, ``bad_labels`` or ``task_exists`` with other labels.
    """
    if not KEY.fullmatch(slug):
        raise ImportRefused("bad_slug", "The name of a task has small letters, digits and hyphens only.")
    if len(keys) < 2 or len(set(keys)) != len(keys) or not all(KEY.fullmatch(key) for key in keys):
        raise ImportRefused("bad_labels", "A task needs two or more different labels in small letters.")
    known = Task.objects.filter(slug=slug).first()
    if known is not None:
        if known.label_keys() != list(keys):
            raise ImportRefused("task_exists", f"There is a task {slug} already, with other labels.")
        return known, False
    task = Task.objects.create(slug=slug, name=name or _words(slug))
    alike = {label.key: label for label in Label.objects.filter(key__in=keys).order_by("-pk")}
    Label.objects.bulk_create(
        Label(
            task=task,
            key=key,
            name=alike[key].name if key in alike else _words(key),
            colour=alike[key].colour if key in alike else COLOURS[order % len(COLOURS)],
            digit=order + 1,
            order=order,
        )
        for order, key in enumerate(keys)
    )
    ReviewPolicy.objects.create(task=task)
    return task, True


def _words(key: str) -> str:
    return key.replace("-", " ").replace("_", " ").capitalize()


class LabelReader:
    """Labels of a task by the names that a file gives them; ``renames`` maps theirs to ours."""

    def __init__(self, task: Task, renames: Mapping[str, str]) -> None:
        self._labels = {label.key: label for label in task.labels.all()}
        self._renames = {normalize("NFC", theirs): ours for theirs, ours in renames.items()}
        for ours in renames.values():
            if ours not in self._labels:
                raise ImportRefused("unknown_label", f"The task {task.slug} has no label {ours}.")

    def get(self, name: str) -> Label | None:
        name = normalize("NFC", name.strip())
        return self._labels.get(self._renames.get(name, name))


def require_task(slug: str) -> Task:
    """Raises ImportRefused ``unknown_task``."""
    task = Task.objects.filter(slug=slug).first()
    if task is None:
        raise ImportRefused("unknown_task", f"There is no task {slug}. Create it with create_task.")
    return task
