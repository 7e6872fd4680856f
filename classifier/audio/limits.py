"""What a recording may be, and what the process that decodes it may use."""

from dataclasses import dataclass

from classifier.audio.exceptions import AudioRejected, Rejection

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds on an upload and on the decoder process. Units are in the names; rates are in hertz.

    `memory_bytes` bounds address space: the process maps about 250 MiB before its first job, and the longest
    recordings that the other limits let through need about 350 MiB more.
    """

    max_bytes: int = 25 * MIB
    min_seconds: float = 0.3
    max_seconds: float = 600.0
    max_channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 192_000
    cpu_seconds: int = 20
    wall_seconds: float = 30.0
    memory_bytes: int = 1024 * MIB


def check_size(data: bytes, limits: Limits) -> None:
    """Raise AudioRejected (EMPTY_FILE or TOO_LARGE) for what need not be looked into."""
    if not data:
        raise AudioRejected(Rejection.EMPTY_FILE)
    if len(data) > limits.max_bytes:
        raise AudioRejected(Rejection.TOO_LARGE, max_bytes=limits.max_bytes)
