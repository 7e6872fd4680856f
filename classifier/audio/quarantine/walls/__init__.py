"""Walls around the process that decodes: who takes it over with a file finds nothing to take from there.

Each stands by itself, so a machine that lacks one still has the others, and no machine is refused: `doctor`
says what stands.
"""

import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from classifier.audio.quarantine.walls import calls, landlock, namespaces, privileges

# Why a wall is missing, and an empty text where it stands.
Walls = dict[str, str]

LINUX_ONLY = ("network", "folder", "identity", "privileges", "landlock", "calls")


def raise_walls(start_last_thread: Callable[[], object]) -> Walls:
    """Raise all walls that this machine has; there is no way back.

    Whatever the process will ever import or open must be there already, and it must have one thread alone,
    which then starts the others with `start_last_thread`.
    """
    if sys.platform != "linux":
        start_last_thread()
        return dict.fromkeys(LINUX_ONLY, "only Linux has it") | {"descriptors": _try(open_nothing_new)}
    _be_ended_first()
    loaded: list[calls.Filter] = []
    unloadable = _try(lambda: loaded.append(calls.make_filter()))
    walls = _leave_machine()
    walls["landlock"] = _try(landlock.forbid_everything)
    # Threads inherit what stands so far; after this none can be started, nor any process.
    start_last_thread()
    walls["descriptors"] = _try(open_nothing_new)
    walls["calls"] = unloadable or _try(loaded[0].load)
    return walls


def _leave_machine() -> Walls:
    return {
        "network": _try(namespaces.leave_network),
        "folder": _try(namespaces.leave_folder),
        "identity": _try(privileges.become_nobody),
        "privileges": _try(privileges.give_up_rights),
    }


def open_nothing_new() -> None:
    """No further file, socket, process or thread. Descriptors that are open stay so."""
    for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC):
        resource.setrlimit(what, (0, 0))


def _be_ended_first() -> None:
    """When memory runs out the kernel ends the decoder, and not the server."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _try(wall: Callable[[], object]) -> str:
    try:
        wall()
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""
