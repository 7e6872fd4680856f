"""The engine of this process: which model version answers, and who waits for it."""

from collections.abc import Hashable
from concurrent.futures import Future
from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from classifier.audio.waveform import SAMPLE_RATE
from classifier.inference.exceptions import NoActiveVersion, QueueFull
from classifier.inference.hot_reload import ActiveEngine, LoadedEngine, VersionPointer
from classifier.inference.queue import InferenceQueue
from classifier.inference.scores import Result
from classifier.models import ModelVersion
from emotion_site.exceptions import UserError

Answer = Future[tuple[LoadedEngine, Result]]


@cache
def active_engine() -> ActiveEngine:
    return ActiveEngine(
        _find_active_version,
        threads=settings.INFERENCE_THREADS,
        on_swap=lambda loaded: inference_queue().expect(loaded.engine.model_seconds_per_second),
    )


@cache
def inference_queue() -> InferenceQueue:
    return InferenceQueue(capacity=settings.INFERENCE_QUEUE)


def _find_active_version() -> VersionPointer | None:
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

    Raises UserError with 503 when nobody could answer: no model version, or too many clips waiting.
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


def answers_in_time(duration_s: float, person: Hashable = None) -> bool:
    """Whether a clip of this length would be answered soon enough for the response to wait."""
    return inference_queue().expected_seconds(duration_s, person) <= settings.ANSWER_WITHIN_SECONDS


def predict(waveform: NDArray[np.float32]) -> tuple[LoadedEngine, Result]:
    """Scores for float32[samples], mono, 16 kHz, and the version that gave them.

    Raises QueueFull or NoActiveVersion.
    """
    # The first of a process loads the model: who asks for it waits, not the threads that others wait for.
    active_engine().current()
    return begin(waveform).result()


def begin_in_time(waveform: NDArray[np.float32], person: Hashable = None) -> Answer | None:
    """``begin``, or None where the response cannot wait for it."""
    if not answers_in_time(waveform.size / SAMPLE_RATE, person):
        return None
    try:
        return begin(waveform, person)
    except QueueFull:  # since there was room for it
        return None


def begin(waveform: NDArray[np.float32], person: Hashable = None) -> Answer:
    """``predict`` beside what the caller does meanwhile; people take turns. Raises QueueFull."""

    def answer() -> tuple[LoadedEngine, Result]:
        # Asked after the wait, so that a version activated meanwhile answers.
        loaded = active_engine().current()
        return loaded, loaded.engine.predict(waveform)

    return inference_queue().submit(answer, duration_s=waveform.size / SAMPLE_RATE, person=person)
