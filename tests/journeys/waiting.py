"""Waiting for what happens in the browser, with a deadline."""

import time
from collections.abc import Callable

from playwright.sync_api import Error, Locator, Page


def wait_on_page(page: Page, happened: Callable[[], object], within_s: float = 30.0) -> None:
    """``wait_until`` while the browser goes on: Playwright hears of requests only when it is asked."""
    until = time.monotonic() + within_s
    while not happened():
        assert time.monotonic() < until, f"Did not happen within {within_s} s"
        page.wait_for_timeout(20)


def appears(locator: Locator, within_ms: float) -> bool:
    """Whether something is to be seen within a while, for steps that are tried again when it is not."""
    try:
        locator.first.wait_for(timeout=within_ms)
    except Error:
        return False
    return True
