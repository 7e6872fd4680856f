"""The real decoder process, taken over: an upload names the function of `hostile.py` that it runs."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from classifier.audio.exceptions import AudioRejected
from classifier.audio.quarantine import process
from classifier.audio.quarantine.pool import DecoderPool
from tests.requirements import ROOT

# Started instead of Python; what is asked of Python comes after it and is not looked at.
PROGRAM = """#!{python} -I
import json, sys
sys.path.insert(0, {root!r})
from tests.classifier.audio import hostile
from classifier.audio.quarantine import sandbox, worker
from classifier.audio.exceptions import AudioRejected, Rejection

def taken_over(data, limits, decode=worker.decode):
    if not data.startswith(b"["):
        return decode(data, limits)
    name, argument = json.loads(data)
    try:
        outcome = getattr(hostile, name)(argument)
    except OSError as error:
        raise AudioRejected(Rejection.DAMAGED, refused=type(error).__name__, reason=str(error))
    raise AudioRejected(Rejection.DAMAGED, outcome=outcome)

worker.decode = taken_over
{layers}
sys.argv = [sys.argv[0], *[argument for argument in sys.argv[1:] if argument.startswith(("{{", "--"))]]
worker.main()
"""
NO_SANDBOX = "worker.enter_sandbox = lambda start_last_thread: start_last_thread() and None"
SOME_LAYERS = """
def missing():
    raise OSError("left out")

for layer, module, name in (
    ("network", sandbox.namespaces, "leave_network"),
    ("folder", sandbox.namespaces, "leave_folder"),
    ("identity", sandbox.privileges, "become_nobody"),
    ("privileges", sandbox.privileges, "give_up_rights"),
    ("landlock", sandbox.landlock, "forbid_everything"),
    ("descriptors", sandbox, "open_nothing_new"),
    ("calls", sandbox.syscalls, "make_filter"),
):
    if layer not in {kept}:
        setattr(module, name, missing)
"""
ORDINARY_USER = """
import os
os.setgroups([])
os.setresgid(1500, 1500, 1500)
os.setresuid(1500, 1500, 1500)
"""


def take_over(monkeypatch: pytest.MonkeyPatch, folder: Path, layers: str = "") -> None:
    """From now on new decoder processes run what they are told. `layers` may change which are in force."""
    program = folder / "taken_over"
    program.write_text(PROGRAM.format(python=sys.executable, root=str(ROOT), layers=layers))
    program.chmod(0o755)
    monkeypatch.setattr(process, "sys", SimpleNamespace(executable=str(program), dont_write_bytecode=False))


class Refused(Exception):
    """The kernel did not let the decoder do it."""


def attempt(pool: DecoderPool, name: str, argument: Any = None) -> Any:
    """What the function returned within the decoder. Raises Refused, or AudioRejected when that ended it."""
    try:
        pool.decode(json.dumps([name, argument]).encode())
    except AudioRejected as rejected:
        if "outcome" in rejected.params:
            return rejected.params["outcome"]
        if "refused" in rejected.params:
            raise Refused(rejected.params["reason"]) from None
        raise
    raise AssertionError("decoded")
