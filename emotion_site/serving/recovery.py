"""What a process that died left stranded, and how each kind of it goes on.

Every app registers its own kinds when it is ready; the housekeeper goes through all of them, in the order in
which they were registered: tasks first, because clips, exports and runs look whether a task still speaks of
them.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stranded:
    """A kind of work that may lose its process.

    ``find`` gives what nobody works on any more. ``recover`` takes one of these, may run twice without harm,
    and says whether it goes on; otherwise it was given up.
    """

    name: str
    find: Callable[[], Iterable[Any]]
    recover: Callable[[Any], bool]


registered: dict[str, Stranded] = {}


def register(kind: Stranded) -> None:
    """Once for each name, however often an app is loaded."""
    registered[kind.name] = kind


def recover_stranded() -> None:
    """Go through every kind, also when another one fails, for instance while the database is away."""
    for kind in registered.values():
        try:
            recover(kind)
        except Exception:
            logger.exception("Recovery failed kind=%s", kind.name)


def recover(kind: Stranded) -> int:
    """How many of this kind go on."""
    outcomes = [kind.recover(each) for each in kind.find()]
    going_on = sum(outcomes)
    if going_on:
        logger.info("Recovered stranded %s count=%d", kind.name, going_on)
    if given_up := len(outcomes) - going_on:
        logger.error("Gave up stranded %s count=%d", kind.name, given_up)
    return going_on


def pending_arguments(task_path: str) -> list[Any]:
    """The first arguments of this task's calls that wait or run."""
    pending = DBTaskResult.objects.filter(
        task_path=task_path, status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING]
    )
    return [call["args"][0] for call in pending.values_list("args_kwargs", flat=True)]
