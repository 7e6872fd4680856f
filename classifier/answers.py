"""One form of a prediction for programs: API and command line print the same fields."""

from typing import Any

from classifier.certainty import is_sure
from classifier.models import Clip, Prediction

DECIMALS = 6


def rounded_scores(scores: dict[str, float]) -> dict[str, float]:
    return {key: round(value, DECIMALS) for key, value in scores.items()}


def rounded_segments(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**segment, "scores": rounded_scores(segment["scores"])} for segment in segments]


def answer(
    *,
    label: str,
    confidence: float,
    margin: float,
    scores: dict[str, float],
    segments: list[dict[str, Any]],
    model_version: int,
    duration_s: float,
    quality: dict[str, Any],
) -> dict[str, Any]:
    """The fields of ``classify --json`` without the file."""
    return {
        "label": label,
        "confidence": round(confidence, DECIMALS),
        "sure": is_sure(margin=margin, quality=quality),
        "scores": rounded_scores(scores),
        "duration_s": round(duration_s, DECIMALS),
        "model_version": model_version,
        "segments": rounded_segments(segments),
        "quality": quality,
    }


def answer_for(prediction: Prediction, clip: Clip) -> dict[str, Any]:
    return answer(
        label=prediction.label.key,
        confidence=prediction.confidence,
        margin=prediction.margin,
        scores=prediction.scores,
        segments=prediction.segments,
        model_version=prediction.model_version.number,
        duration_s=clip.duration_s,
        quality=clip.quality,
    )
