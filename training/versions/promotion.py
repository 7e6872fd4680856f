"""Puts versions into service, takes them out of it, and deletes their files."""

import logging
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from classifier.inference.exceptions import VersionRefused
from classifier.models import ModelVersion, Task
from classifier.predictions import registry
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import require_admin
from training.models import Promotion, TrainingRun

logger = logging.getLogger(__name__)

REFUSALS = {
    "changed_meanwhile": _("Another version has come into service. Look at it, then decide again."),
    "not_ready": _("This version was deleted or did not pass its checks, so it cannot serve."),
    "in_service": _("The version in service cannot be deleted. Put another one into service first."),
}


def promote_version(
    *,
    version: ModelVersion,
    administrator: User | None,
    reason: str = "",
    instead_of: int | None = None,
    is_rollback: bool = False,
) -> None:
    """Put a version into service; ``instead_of`` is the key of the one the administrator saw there.

    ``administrator`` is None at the terminal. Raises PermissionDenied, and UserError with the code of the
    refusal; the version in service then stays.
    """
    if administrator is not None:
        require_admin(administrator)
    try:
        registry.activate_version(
            version, actor=administrator, reason=reason[:500], instead_of=instead_of, is_rollback=is_rollback
        )
    except VersionRefused as error:
        logger.warning("Refused version=%s code=%s", version.pk, error.code)
        raise _user_error(error) from error


def roll_back(
    *, task: Task, administrator: User | None, reason: str = "", instead_of: int | None = None
) -> ModelVersion:
    """Put the version into service that served before the present one; return it.

    Raises PermissionDenied, and UserError ``nothing_to_roll_back`` or the code of the refusal.
    """
    current = ModelVersion.objects.active(task.slug).first()
    target = version_before(current) if current else None
    if current is None or target is None:
        raise UserError(
            "nothing_to_roll_back", _("No version served before this one, or it was deleted."), status=409
        )
    seen = instead_of if instead_of is not None else current.pk
    promote_version(
        version=target, administrator=administrator, reason=reason, instead_of=seen, is_rollback=True
    )
    return target


def version_before(current: ModelVersion) -> ModelVersion | None:
    """What a roll-back leads to: the version that the last promotion of this one replaced."""
    promotions = Promotion.objects.filter(to_version=current, kind=Promotion.Kind.PROMOTE)
    last = promotions.select_related("from_version").order_by("-id").first()
    before: ModelVersion | None = last.from_version if last else None
    return before if before and before.status == ModelVersion.Status.READY else None


def in_service_at(task: Task, time: datetime) -> ModelVersion | None:
    """The version that was in service at this time; None before the first."""
    rows = Promotion.objects.filter(task=task, created__lte=time).select_related("to_version")
    last = rows.order_by("-created", "-id").first()
    return last.to_version if last else None


def delete_version(*, version: ModelVersion, administrator: User) -> None:
    """Remove a version's files; row and number stay, so that its predictions remain explained.

    Raises PermissionDenied, and UserError ``in_service`` or ``run_needs_it``.
    """
    require_admin(administrator)
    needed = Q(start_version=version) | Q(compared_with=version)
    if TrainingRun.objects.unfinished().filter(needed).exists():
        raise UserError("run_needs_it", _("A training run needs this version."), status=409)
    try:
        registry.remove_files(version)
    except VersionRefused as error:
        raise _user_error(error) from error
    logger.info("Deleted version=%s by=%s", version.pk, administrator.pk)


def _user_error(error: VersionRefused) -> UserError:
    damaged = _("This version's files are damaged or it failed when tried, so the one in service stays.")
    return UserError(error.code, REFUSALS.get(error.code, damaged), status=409)
