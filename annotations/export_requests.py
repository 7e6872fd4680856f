import logging
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from annotations import tasks
from annotations.models import LabelExport
from classifier.models import Task
from emotion_site.models import User
from emotion_site.roles import is_admin

logger = logging.getLogger(__name__)


@transaction.atomic
def start_export(
    *, administrator: User, task: Task, format: str, since: datetime | None = None
) -> LabelExport:
    """Ask a worker for an export. Raises PermissionDenied."""
    if not is_admin(administrator):
        raise PermissionDenied
    export = LabelExport.objects.create(task=task, asked_by=administrator, format=format, since=since)
    transaction.on_commit(lambda: tasks.run_export.enqueue(str(export.pk)))
    logger.info("Export asked for export=%s by=%s", export.pk, administrator.pk)
    return export
