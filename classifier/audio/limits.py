"""What a recording may be, and what the process that decodes it may use."""

from dataclasses import dataclass

from classifier.audio.exceptions import AudioRejected, Rejection

MIB = 1024 * 1024
# Reading takes as long as there are samples, of all channels. Eight channels at 48 kHz, or two at 192, may be
# as long as any: ten minutes of them take 1 to 2.5 s of processor time, those of eight at 192 kHz 5 to 9 s.
SAMPLES_PER_SECOND = 8 * 48_000


@dataclass(frozen=True)
class Limits:
    """Bounds on an upload and on the decoder process. Units are in the names; rates are in hertz.

    `memory_bytes` bounds address space: the process maps about 250 MiB before its first job, and the longest
    recordings that the other limits let through need about 350 MiB more. `max_samples` counts all channels
    together, in the file's own rate.
    """

    max_bytes: int = 25 * MIB
    min_seconds: float = 0.3
    max_seconds: float = 600.0
    max_channels: int = 8
    min_rate: int = 8_000
    max_rate: int = 192_000
    max_samples: int = SAMPLES_PER_SECOND * 600
    cpu_seconds: int = 10
    wall_seconds: float = 30.0
    memory_bytes: int = 1024 * MIB


@dataclass
class DecodingBudget:
    """What one upload may still cost, all its parts, tracks and second readings together."""

    limits: Limits
    decoded_s: float = 0.0
    samples: int = 0  # of all channels, in the file's own rate

    def require(self, samples: float) -> None:
        """Before anything is decoded and while it is: the length in a header may be wrong."""
        if self.samples + samples > self.limits.max_samples:
            raise AudioRejected(Rejection.TOO_COSTLY, samples=round(samples), maximum=self.limits.max_samples)


def check_size(data: bytes, limits: Limits) -> None:
    """Raise AudioRejected (EMPTY_FILE or TOO_LARGE) for what need not be looked into."""
    if not data:
        raise AudioRejected(Rejection.EMPTY_FILE)
    if len(data) > limits.max_bytes:
        raise AudioRejected(Rejection.TOO_LARGE, max_bytes=limits.max_bytes)
