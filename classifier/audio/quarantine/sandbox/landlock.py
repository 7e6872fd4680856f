"""Landlock: the process can reach no file, TCP port or other process, whatever its user."""

import ctypes
import os

from classifier.audio.quarantine.sandbox import kernel

CREATE_RULESET, RESTRICT_SELF = 444, 446  # the same numbers on every architecture
ASK_VERSION = 1
# What each version of Landlock added to the uses of files that it can forbid.
_FILE_USES = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
_BIND_AND_CONNECT = 0b11  # from version 4
_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11  # from version 6


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


def version() -> int:
    """The version of Landlock that the kernel has. Raises OSError where it has none."""
    return kernel.system_call(CREATE_RULESET, 0, 0, ASK_VERSION)


def forbid_everything() -> None:
    """Forbid this thread, and those that it starts, all that the kernel's version of Landlock can forbid.

    Needs `no_new_privs`. Files that are open already stay open.
    """
    found = version()
    ruleset = _Ruleset(
        files=max(uses for since, uses in _FILE_USES.items() if since <= found),
        network=_BIND_AND_CONNECT if found >= 4 else 0,
        scoped=_ABSTRACT_SOCKETS_AND_SIGNALS if found >= 6 else 0,
    )
    # An older kernel refuses a structure that is longer than its own, unless the rest is zero.
    handle = kernel.system_call(CREATE_RULESET, ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    try:
        kernel.system_call(RESTRICT_SELF, handle, 0)
    finally:
        os.close(handle)
