"""Make a prediction and keep it."""

import logging

import numpy as np
from django.db import IntegrityError, transaction
from numpy.typing import NDArray

from classifier import predictor
from classifier.certainty import is_silent
from classifier.clip_files import read_waveform
from classifier.engine.result import Result
from classifier.models import Clip, Label, Prediction

logger = logging.getLogger(__name__)


def predict_clip(clip: Clip, waveform: NDArray[np.float32]) -> None:
    """Predict with the active version and keep what it says, unless the clip is gone meanwhile."""
    loaded, result = predictor.predict(waveform)
    try:
        _keep(clip, loaded.version_id, result)
    except IntegrityError:
        if Clip.objects.filter(pk=clip.pk).exists():
            raise
        logger.info("Clip is gone before its prediction clip=%s", clip.pk)


def predict_stored_clip(clip: Clip) -> None:
    predict_clip(clip, read_waveform(clip))


@transaction.atomic
def _keep(clip: Clip, version_id: int, result: Result) -> None:
    label = Label.objects.get(task__model_versions=version_id, key=result.label)
    prediction = Prediction(
        clip=clip,
        model_version_id=version_id,
        label=label,
        scores=result.scores,
        confidence=result.confidence,
        margin=result.margin,
        entropy=result.entropy,
        segments=result.segments,
        milliseconds=result.milliseconds,
    )
    # The same version says the same again: what it said first stays.
    Prediction.objects.bulk_create([prediction], ignore_conflicts=True)
    clip.status = Clip.Status.DONE
    clip.label = None if is_silent(clip.quality) else label
    clip.confidence, clip.margin = result.confidence, result.margin
    clip.save(update_fields=["status", "label", "confidence", "margin"])
