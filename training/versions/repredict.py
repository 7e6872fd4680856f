"""The worker's side of predicting again: each clip in turn, with progress on the row."""

import logging

from django.utils import timezone

from classifier.inference.exceptions import EngineError, NoActiveVersion
from classifier.models import Clip
from classifier.predictions import storing
from training.models import PredictionJob

logger = logging.getLogger(__name__)
State = PredictionJob.State
SAVE_EVERY = 10


def execute_job(job: PredictionJob) -> None:
    """Predict the clips from where an earlier attempt stopped; what is gone or damaged counts as failed."""
    job.state = State.RUNNING
    job.save(update_fields=["state"])
    for number, clip_id in enumerate(job.clip_ids[job.done :], start=job.done + 1):
        try:
            job.failed += not _predict(clip_id)
        except NoActiveVersion as error:
            _end(job, State.FAILED, error.code)
            return
        job.done = number
        if number % SAVE_EVERY == 0:
            job.save(update_fields=["done", "failed"])
    _end(job, State.DONE)


def _predict(clip_id: str) -> bool:
    clip = Clip.objects.present().filter(pk=clip_id).first()
    if clip is None:
        return False
    try:
        storing.predict_stored_clip(clip)
    except NoActiveVersion:
        raise
    except (EngineError, OSError, RuntimeError, ValueError) as error:
        logger.warning("Could not predict again clip=%s reason=%s", clip_id, error)
        return False
    return True


def _end(job: PredictionJob, state: str, code: str = "") -> None:
    job.state, job.error_code, job.finished_at = state, code, timezone.now()
    job.save(update_fields=["state", "error_code", "finished_at", "done", "failed"])
    logger.info("Predicted again job=%s state=%s done=%d failed=%d", job.pk, state, job.done, job.failed)
