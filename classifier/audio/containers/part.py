"""One whole file inside an upload, and the checks of its header before anything is decoded.

A header that declares more sound than arrived belongs to a truncated recording, and what is left would be
classified as if it were the whole. A few missing bytes are accepted, because some recorders count their
header as sound, and so are the sizes that stand for "not known yet" in files that were written to a pipe.
"""

from dataclasses import dataclass

from classifier.audio.containers.kinds import Container
from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.limits import MIB

# Far above any upload that could ever have been meant: the number itself is wrong.
ABSURD_BYTES = 1024 * MIB
# Encoders disagree about whether a header, and which, counts as sound.
SLACK_BYTES = 64
# Writers that do not know the size write the largest number, or that number less their own headers.
LARGEST_SIZES = (0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF)
SMALLEST_HEADER_BYTES, LARGEST_HEADER_BYTES = 36, 65_536


@dataclass(frozen=True)
class Part:
    """`data` is a whole file as libav reads it rightly; in the upload it ends at `end`.

    `declared_s` is the length in its header, where that is known before it is opened, or 0.
    """

    container: Container
    data: bytes
    end: int
    declared_s: float = 0.0


def is_unknown_size(claimed: int, *, widest: int = 32) -> bool:
    """Whether the writer did not know the size. Numbers have `widest` bits, 64 in CAF and RF64."""
    if claimed == 0 or (widest > 32 and claimed >= 1 << (widest - 1)):
        return True
    return any(
        claimed == largest or SMALLEST_HEADER_BYTES <= largest - claimed <= LARGEST_HEADER_BYTES
        for largest in LARGEST_SIZES
    )


def check_room(claimed: int, present: int, slack: int = 0) -> None:
    """Raise AudioRejected (TRUNCATED, WRONG_HEADER) where `claimed` bytes cannot be in `present` ones."""
    if claimed >= ABSURD_BYTES:
        raise AudioRejected(Rejection.WRONG_HEADER)
    if claimed - present > slack:
        raise AudioRejected(Rejection.TRUNCATED)
