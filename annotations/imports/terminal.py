"""What the commands of this app share at the terminal: options, progress, and the reasons of rejections."""

import time
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

EVERY_S = 1.0
# Left out on purpose by whoever made the corpus, or there already: no failure.
EXPECTED = {"not_usable", "duplicate"}
HINTS = {"link_outside": ". Use --follow-links if these links lead where you want."}


def add_map(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="rename a label; may be repeated",
    )


def add_follow_links(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--follow-links", action="store_true", help="also read what links bring in from outside the folder"
    )


def renames(options: dict[str, Any]) -> dict[str, str]:
    """Raises CommandError with 2 for a pair that is none."""
    found = {}
    for pair in options["map"]:
        theirs, equals, ours = pair.partition("=")
        if not (theirs and equals and ours):
            raise CommandError(f"--map takes THEIRS=OURS, such as joy=happy, not {pair}.", returncode=2)
        found[theirs] = ours
    return found


class ProgressLine:
    """Prints the progress of a long run about once a second."""

    def __init__(self, stderr: OutputWrapper, what: str) -> None:
        self._stderr, self._what = stderr, what
        self._next = time.monotonic() + EVERY_S

    def __call__(self, done: int, total: int | None = None) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY_S
        of = f" of {total}" if total else ""
        self._stderr.write(f"{self._what}: {done}{of}")


def report_rejected(stderr: OutputWrapper, reasons: Counter[str], examples: dict[str, str]) -> bool:
    """Print what was rejected and why; returns whether any of it should not have been."""
    for reason, count in reasons.most_common():
        hint = HINTS.get(reason, "")
        stderr.write(f"rejected, {reason}: {count} (such as {examples[reason]}){hint}")
    return bool(reasons.keys() - EXPECTED)
