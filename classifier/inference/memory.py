"""Keeps a process small after large uploads, and after it loaded or dropped a model."""

import ctypes
import logging

logger = logging.getLogger(__name__)

# Of malloc.h. A recording of seconds stays below the size and keeps the faster way.
M_MMAP_THRESHOLD, LARGE_BYTES = -3, 4 * 1024 * 1024
M_ARENA_MAX, ARENAS = -8, 2


def release_memory_early() -> None:
    """Let large blocks go back to the system as soon as they are free, and let threads share their pools.

    glibc would soon keep the blocks for reuse, per thread: after 100 uploads of 25 MB at once that was
    800 MB. A pool for every thread cost another 18 MB after a few hundred clips.
    """
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
        libc.mallopt(M_ARENA_MAX, ARENAS)
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
