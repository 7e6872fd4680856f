"""Work outside a request. Tasks take keys, load rows themselves and may run twice without harm."""

import logging

from django_tasks import task

from classifier import predictions, retention
from classifier.engine.exceptions import NoActiveVersion
from classifier.models import Clip

logger = logging.getLogger(__name__)


@task()
def predict_stored_clip(clip_id: str) -> None:
    clip = Clip.objects.waiting().filter(pk=clip_id).first()
    if clip is None:
        return
    try:
        predictions.predict_stored_clip(clip)
    except NoActiveVersion:
        # The clip goes on waiting; housekeeping offers it again when a version is in service.
        logger.warning("No model version in service, clip=%s goes on waiting", clip_id)
    except Exception:  # Whatever failed, the owner sees a state that can be tried again.
        Clip.objects.filter(pk=clip_id).update(status=Clip.Status.FAILED, error_code="prediction_failed")
        raise


@task()
def purge_deleted() -> None:
    retention.purge_deleted_clips()
