"""What an administrator of a new site does next. Later apps register their own steps.

Whether a step is done is read from the site itself, so that it does not matter who did it, or where.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from emotion_site.accounts.purpose import current_purpose
from emotion_site.models import User
from emotion_site.roles import is_admin


@dataclass(frozen=True)
class Step:
    """``route`` is the name of the page where it is done."""

    title: str | Promise
    help: str | Promise
    route: str
    is_done: Callable[[], bool]


@dataclass(frozen=True)
class ShownStep:
    step: Step
    is_done: bool


_steps: list[Step] = []


def register(step: Step) -> None:
    """In the order of the apps."""
    if step not in _steps:
        _steps.append(step)


def checklist_of(user: User) -> list[ShownStep]:
    """All steps while one of them is left to do; empty for others than administrators, and when hidden."""
    if not is_admin(user) or user.hides_checklist:
        return []
    shown = [ShownStep(step, step.is_done()) for step in _steps]
    return [] if all(each.is_done for each in shown) else shown


def hide_checklist(*, user: User) -> None:
    user.hides_checklist = True
    user.save(update_fields=["hides_checklist"])


def purpose_is_declared() -> bool:
    return current_purpose() is not None


def others_have_accounts() -> bool:
    return User.objects.filter(is_active=True).count() > 1
