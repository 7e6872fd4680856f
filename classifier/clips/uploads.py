"""From the bytes of an upload to a waveform: one pool of decoder processes per server process."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import cache

from django.conf import settings
from django.core.files.base import File
from django.utils.formats import number_format

from classifier.audio.exceptions import AudioRejected, DecoderBusy
from classifier.audio.limits import SAMPLES_PER_SECOND, Limits
from classifier.audio.quarantine.decoding_job import Decoded, DecodingJob
from classifier.audio.quarantine.pool import DecoderPool
from classifier.clips.rejections import rejection
from classifier.clips.slots import Slots, too_many_uploads
from emotion_site.exceptions import UserError

logger = logging.getLogger(__name__)


@cache
def slots() -> Slots:
    # One upload is read while another is decoded; each may take 100 MB and more until it is stored.
    return Slots(2 * settings.DECODER_PROCESSES)


@cache
def decoder_pool() -> DecoderPool:
    return DecoderPool(_limits(), processes=settings.DECODER_PROCESSES)


def _limits() -> Limits:
    usual = Limits()
    return Limits(
        max_samples=max(usual.max_samples, round(SAMPLES_PER_SECOND * settings.CLIP_MAX_SECONDS)),
        max_bytes=settings.CLIP_MAX_BYTES,
        min_seconds=settings.CLIP_MIN_SECONDS,
        max_seconds=settings.CLIP_MAX_SECONDS,
    )


def read_upload(file: "File[bytes] | None") -> bytes:
    """All bytes of an upload.

    Raises UserError with the code ``no_file``, ``empty_file`` or ``too_large``.
    """
    if file is None:
        raise refusal("no_file")
    if file.size is not None and file.size > settings.CLIP_MAX_BYTES:
        raise refusal("too_large")
    file.seek(0)
    data: bytes = file.read(settings.CLIP_MAX_BYTES + 1)
    if len(data) > settings.CLIP_MAX_BYTES:
        raise refusal("too_large")
    if not data:
        raise refusal("empty_file")
    return data


@contextmanager
def decoding(data: bytes) -> Iterator[DecodingJob]:
    """Decode in quarantine: the waveform arrives before the rest.

    Raises UserError when the recording cannot be used.
    """
    try:
        with decoder_pool().job(data) as job:
            yield job
    except AudioRejected as error:
        raise refusal(error.code, str(error.params.get("format", ""))) from error
    except DecoderBusy as error:
        raise too_many_uploads() from error


def decode_upload(data: bytes) -> Decoded:
    """All of `decoding` at once. Raises UserError when the recording cannot be used."""
    with decoding(data) as job:
        return job.decoded()


def refusal(code: str, format_name: str = "") -> UserError:
    """Why a recording was refused, with the limits of this site, as the person sees it."""
    logger.warning("Refused a recording code=%s", code)
    return rejection(
        code,
        format_name,
        megabytes=settings.CLIP_MAX_BYTES // (1024 * 1024),
        min_seconds=number_format(Decimal(f"{settings.CLIP_MIN_SECONDS:g}")),
        max_minutes=_minutes(settings.CLIP_MAX_SECONDS),
        max_channels=_limits().max_channels,
    )


def _minutes(seconds: float) -> str:
    """``10``, or ``1:30`` where it is no whole number of minutes."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}" if rest else str(minutes)
