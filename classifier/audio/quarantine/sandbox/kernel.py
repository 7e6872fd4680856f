"""System calls that Python has no words for. Each raises OSError where the kernel refuses or lacks it."""

import ctypes
import os
from contextlib import suppress
from functools import cache
from typing import Any

PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38

CAPABILITY_VERSION_3 = 0x20080522
CAP_KILL, CAP_SETGID, CAP_SETUID = 5, 6, 7

CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilityWords(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


_Capabilities = _CapabilityWords * 2


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def prctl(option: int, value: int) -> None:
    _refused_if_negative(_libc().prctl(option, *map(ctypes.c_ulong, (value, 0, 0, 0))))


def unshare(namespaces: int) -> None:
    """Move this process, which must have one thread, into new namespaces (CLONE_NEW...)."""
    _refused_if_negative(_libc().unshare(namespaces))


def system_call(number: int, *arguments: Any) -> int:
    """A call that libc has no function for, by its number, with numbers and `ctypes.byref` of structures."""
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _refused_if_negative(_libc().syscall(ctypes.c_long(number), *wide))


def held_capabilities() -> int:
    """The rights of root that this process may use now, a bit each; only the first 32, the oldest."""
    held = _Capabilities()
    header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
    _refused_if_negative(_libc().capget(ctypes.byref(header), ctypes.byref(held)))
    return int(held[0].effective)


def forget_capabilities() -> None:
    """Drop capabilities from the bounding set, as far as permitted, so that no child can gain them."""
    with suppress(OSError):  # past the last one, or without the right: `no_new_privs` stands behind this
        for number in range(64):
            prctl(PR_CAPBSET_DROP, number)


def drop_capabilities() -> None:
    """Give up all rights of root that this process has."""
    header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
    _refused_if_negative(_libc().capset(ctypes.byref(header), ctypes.byref(_Capabilities())))


def _refused_if_negative(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
