"""Keeps a process small after large uploads, and after it loaded or dropped a model."""

import ctypes
import logging

logger = logging.getLogger(__name__)

# Of malloc.h; a recording of seconds stays below the size and keeps the faster way.
M_MMAP_THRESHOLD = -3
LARGE_BYTES = 4 * 1024 * 1024


def return_large_blocks_at_once() -> None:
    """Let large blocks of memory go back to the system as soon as they are free.

    glibc would soon keep them for reuse, per thread: after 100 uploads of 25 MB at once that was 800 MB.
    """
    try:
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
    except (AttributeError, OSError):
        logger.debug("This C library has no mallopt")


def return_freed_memory() -> None:
    """Give memory that is free but still held back to the system.

    glibc would keep some 100 MB after loading a Wav2Vec2-base and 300 MB after dropping one.
    """
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError):
        logger.debug("This C library has no malloc_trim")
