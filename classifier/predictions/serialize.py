"""One form of a prediction for programs: API and command line print the same fields."""

from collections.abc import Sequence
from typing import Any

from classifier.models import Clip, Prediction
from classifier.predictions.certainty import is_sure

DECIMALS = 6


def rounded_scores(scores: dict[str, float], labels: Sequence[str]) -> dict[str, float]:
    """In the order of ``labels``, because PostgreSQL keeps objects with their keys sorted."""
    return {key: round(scores[key], DECIMALS) for key in labels}


def rounded_segments(segments: list[dict[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    return [{**segment, "scores": rounded_scores(segment["scores"], labels)} for segment in segments]


def prediction_fields(
    *,
    label: str,
    confidence: float,
    margin: float,
    scores: dict[str, float],
    segments: list[dict[str, Any]],
    model_version: int,
    duration_s: float,
    quality: dict[str, Any],
    labels: Sequence[str],
) -> dict[str, Any]:
    """The fields of ``classify --json`` without the file; ``labels`` are the task's keys in order."""
    return {
        "label": label,
        "confidence": round(confidence, DECIMALS),
        "sure": is_sure(margin=margin, quality=quality),
        "scores": rounded_scores(scores, labels),
        "duration_s": round(duration_s, DECIMALS),
        "model_version": model_version,
        "segments": rounded_segments(segments, labels),
        "quality": quality,
    }


def serialize_prediction(prediction: Prediction, clip: Clip) -> dict[str, Any]:
    return prediction_fields(
        label=prediction.label.key,
        confidence=prediction.confidence,
        margin=prediction.margin,
        scores=prediction.scores,
        segments=prediction.segments,
        model_version=prediction.model_version.number,
        duration_s=clip.duration_s,
        quality=clip.quality,
        labels=prediction.model_version.label_keys,
    )
