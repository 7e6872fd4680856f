"""Waiting for a condition, with a deadline, in place of sleeping and hoping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(happened: Callable[[], T], within_s: float = 90.0, every_s: float = 0.02) -> T:
    """Wait for something to become true, and return it. Raises AssertionError when it does not."""
    until = time.monotonic() + within_s
    while not (found := happened()):
        assert time.monotonic() < until, f"Did not happen within {within_s} s"
        time.sleep(every_s)
    return found
