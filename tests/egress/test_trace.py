"""The watcher itself: what it must report, and what it must not."""

from pathlib import Path

import pytest

from tests.egress.trace import is_fault

MAY_WRITE = [Path("/site/data"), Path("/scratch")]


def lines_of(name: str) -> list[str]:
    lines = (Path(__file__).parent / name).read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("line", lines_of("reported.strace"))
def test_reports(line):
    assert is_fault(line, MAY_WRITE)


@pytest.mark.parametrize("line", lines_of("harmless.strace"))
def test_says_nothing_of(line):
    assert not is_fault(line, MAY_WRITE)
