import logging
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import get_language

from annotations import tasks
from annotations.exports.jobs import export_path
from annotations.models import LabelExport
from classifier.models import Task
from emotion_site.models import User
from emotion_site.roles import is_admin

logger = logging.getLogger(__name__)


@transaction.atomic
def start_export(
    *, administrator: User, task: Task, format: str, since: datetime | None = None
) -> LabelExport:
    """Enqueue an export. Raises PermissionDenied."""
    if not is_admin(administrator):
        raise PermissionDenied
    export = LabelExport.objects.create(
        task=task, asked_by=administrator, format=format, since=since, language=get_language() or ""
    )
    transaction.on_commit(lambda: tasks.run_export.enqueue(str(export.pk)))
    logger.info("Export asked for export=%s by=%s", export.pk, administrator.pk)
    return export


@transaction.atomic
def delete_export(*, export: LabelExport, administrator: User) -> None:
    """Remove an export and its file; a worker that still makes it finds no row to finish."""
    if not is_admin(administrator):
        raise PermissionDenied
    pk = export.pk
    _remove(export)
    logger.info("Export deleted export=%s by=%s", pk, administrator.pk)


@transaction.atomic
def delete_exports_of(user: User) -> None:
    """Delete the exports of a person whose access ends."""
    for export in LabelExport.objects.filter(asked_by=user):
        logger.info("Export deleted export=%s because access ended user=%s", export.pk, user.pk)
        _remove(export)


def _remove(export: LabelExport) -> None:
    path = export_path(export)
    export.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
