"""The engine of this process: which model version predicts, and who waits for it."""

from collections.abc import Hashable
from concurrent.futures import Future
from functools import cache, partial
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections, connection
from django.utils.translation import gettext_lazy as _

from classifier.audio.waveform import SAMPLE_RATE, Waveform
from classifier.inference.exceptions import NoActiveVersion, QueueFull
from classifier.inference.hot_reload import ActiveEngine, LoadedEngine, VersionPointer
from classifier.inference.inference_queue import InferenceQueue
from classifier.inference.scores import ClipScores
from classifier.models import ModelVersion
from emotion_site.exceptions import UserError

PredictionFuture = Future[tuple[LoadedEngine, ClipScores]]


@cache
def active_engine() -> ActiveEngine:
    return ActiveEngine(
        find_active_version,
        threads=settings.INFERENCE_THREADS,
        on_swap=lambda loaded: inference_queue().expect(loaded.engine.model_seconds_per_second),
    )


@cache
def inference_queue() -> InferenceQueue:
    return InferenceQueue(capacity=settings.INFERENCE_QUEUE)


def find_active_version() -> VersionPointer | None:
    """The version that should serve, by the database."""
    try:
        row = ModelVersion.objects.active().values_list("pk", "number", "folder", "checksum").first()
    finally:
        # Asked by a thread that serves no request, so nobody else returns the connection. A command
        # may ask in the middle of its own transaction, which closing would break.
        if not connection.in_atomic_block:
            close_old_connections()
    if row is None:
        return None
    version_id, number, folder, checksum = row
    return VersionPointer(version_id, number, Path(settings.MODELS_DIR) / folder, checksum)


def require_capacity() -> None:
    """Refuse new work early, before anything is decoded or stored.

    Raises UserError with 503 when nothing can be predicted: no model version, or too many clips waiting.
    """
    try:
        active_engine().current()
        inference_queue().require_room()
    except NoActiveVersion as error:
        raise UserError(
            "no_model",
            _("No model is in service yet. An administrator has to activate one."),
            status=503,
            retry_after_s=30,
        ) from error
    except QueueFull as error:
        raise UserError(
            "queue_full",
            _("Too many clips are waiting. Try again in a moment."),
            status=503,
            retry_after_s=error.retry_after_s,
        ) from error


def is_fast_enough(duration_s: float, person: Hashable = None) -> bool:
    """Whether a clip of this length would be predicted fast enough for the response to wait."""
    return inference_queue().expected_seconds(duration_s, person) <= settings.ANSWER_WITHIN_SECONDS


def predict(waveform: Waveform) -> tuple[LoadedEngine, ClipScores]:
    """Scores for float32[samples], mono, 16 kHz, and the version that gave them.

    Raises QueueFull or NoActiveVersion.
    """
    # The first of a process loads the model: who asks for it waits, not the threads that others wait for.
    active_engine().current()
    job = partial(_predict_now, waveform)
    return inference_queue().submit(job, duration_s=waveform.size / SAMPLE_RATE).result()


def predict_in_time(waveform: Waveform, person: Hashable = None) -> PredictionFuture | None:
    """``predict`` beside what the caller does meanwhile, or None where the response cannot wait for it.

    People take turns.
    """
    duration_s = waveform.size / SAMPLE_RATE
    if not is_fast_enough(duration_s, person):
        return None
    try:
        job = partial(_predict_now, waveform)
        return inference_queue().submit(job, duration_s=duration_s, person=person)
    except QueueFull:  # since there was room for it
        return None


def _predict_now(waveform: Waveform) -> tuple[LoadedEngine, ClipScores]:
    # Asked after the wait, so that a version activated meanwhile predicts.
    loaded = active_engine().current()
    return loaded, loaded.engine.predict(waveform)
