"""Make a prediction and store it."""

import logging
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from django.db import DatabaseError, transaction

from classifier.clips.storage import read_waveform
from classifier.inference.hot_reload import LoadedEngine
from classifier.inference.scores import ClipScores
from classifier.inference.session import Engine
from classifier.models import Clip, Label, ModelVersion, Prediction
from classifier.predictions import predictor
from classifier.predictions.certainty import is_silent

logger = logging.getLogger(__name__)


# What the engines in memory need of the database to store a prediction: none of it changes while they serve.
_rows: WeakKeyDictionary[Engine, "VersionRows"] = WeakKeyDictionary()


@dataclass(frozen=True)
class VersionRows:
    """A model version and its labels by key."""

    version: ModelVersion
    labels: dict[str, Label]


def predict_stored_clip(clip: Clip) -> None:
    """Predict with the active version and store it, unless the clip is gone meanwhile."""
    store_prediction(clip, *predictor.predict(read_waveform(clip)))


def store_prediction(clip: Clip, loaded: LoadedEngine, predicted: ClipScores) -> Prediction | None:
    """Store what a version predicted for a clip; None when the clip is gone meanwhile."""
    try:
        return _store(clip, loaded, predicted)
    except DatabaseError:  # the row it belongs to, or the one to update, is not there
        if Clip.objects.filter(pk=clip.pk).exists():
            raise
        logger.info("Clip is gone before its prediction clip=%s", clip.pk)
        return None


@transaction.atomic
def _store(clip: Clip, loaded: LoadedEngine, predicted: ClipScores) -> Prediction:
    rows = _rows_of(loaded)
    label = rows.labels[predicted.label]
    prediction = Prediction(
        clip=clip,
        model_version=rows.version,
        label=label,
        scores=predicted.scores,
        confidence=predicted.confidence,
        margin=predicted.margin,
        entropy=predicted.entropy,
        segments=predicted.segments,
        milliseconds=predicted.milliseconds,
    )
    # The same version predicts the same again: its first prediction stays.
    Prediction.objects.bulk_create([prediction], ignore_conflicts=True)
    clip.status = Clip.Status.DONE
    clip.label = None if is_silent(clip.quality) else label
    clip.confidence, clip.margin = predicted.confidence, predicted.margin
    clip.answered_by = rows.version
    clip.save(update_fields=["status", "label", "confidence", "margin", "answered_by"])
    return prediction


def _rows_of(loaded: LoadedEngine) -> VersionRows:
    known = _rows.get(loaded.engine)
    if known is None or known.version.pk != loaded.version_id:
        version = ModelVersion.objects.select_related("task").get(pk=loaded.version_id)
        known = VersionRows(version, {label.key: label for label in version.task.labels.all()})
        _rows[loaded.engine] = known
    return known
