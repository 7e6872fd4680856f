"""From the bytes of an upload to a waveform: one pool of decoder processes per server process."""

import logging
from decimal import Decimal
from functools import cache

from django.conf import settings
from django.core.files.base import File
from django.utils.formats import number_format

from classifier.audio.exceptions import AudioRejected, DecoderBusy
from classifier.audio.limits import SAMPLES_PER_SECOND, Limits
from classifier.audio.quarantine.pool import Decoded, DecoderPool
from classifier.audio.quarantine.process import OnWaveform
from classifier.clips.rejections import rejection
from classifier.clips.slots import Places, busy
from emotion_site.exceptions import UserError

logger = logging.getLogger(__name__)


@cache
def places() -> Places:
    # One upload is read while another is decoded; each may take 100 MB and more until it is stored.
    return Places(2 * settings.DECODER_PROCESSES)


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
        raise _refused("no_file")
    if file.size is not None and file.size > settings.CLIP_MAX_BYTES:
        raise _refused("too_large")
    file.seek(0)
    data: bytes = file.read(settings.CLIP_MAX_BYTES + 1)
    if len(data) > settings.CLIP_MAX_BYTES:
        raise _refused("too_large")
    if not data:
        raise _refused("empty_file")
    return data


def decode(data: bytes, on_waveform: OnWaveform = lambda _waveform: None) -> Decoded:
    """Decode in quarantine; `on_waveform` gets the sound before the rest is there.

    Raises UserError when the recording cannot be used.
    """
    try:
        return decoder_pool().decode(data, on_waveform)
    except AudioRejected as error:
        raise _refused(error.code, str(error.params.get("format", ""))) from error
    except DecoderBusy as error:
        raise busy() from error


def _refused(code: str, format_name: str = "") -> UserError:
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
