"""The sandbox of the process that decodes: who takes it over with a file reaches nothing from there.

Each layer holds by itself, so a machine that lacks one still has the others, and no machine is refused:
`doctor` reports which are in force.
"""

import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from classifier.audio.quarantine.sandbox import landlock, namespaces, privileges, syscalls

# Why a layer is missing, and an empty text where it is in force.
Layers = dict[str, str]

LINUX_ONLY = ("network", "folder", "identity", "privileges", "landlock", "calls")


def enter_sandbox(start_last_thread: Callable[[], object]) -> Layers:
    """Put all layers into force that this machine has; there is no way back.

    Whatever the process will ever import or open must be there already, and it must have one thread alone,
    which then starts the others with `start_last_thread`.
    """
    if sys.platform != "linux":
        start_last_thread()
        return dict.fromkeys(LINUX_ONLY, "only Linux has it") | {"descriptors": _try(open_nothing_new)}
    _be_ended_first()
    loaded: list[syscalls.Filter] = []
    unloadable = _try(lambda: loaded.append(syscalls.make_filter()))
    layers = _leave_machine()
    layers["landlock"] = _try(landlock.forbid_everything)
    # Threads inherit what is in force so far; after this none can be started, nor any process.
    start_last_thread()
    layers["descriptors"] = _try(open_nothing_new)
    layers["calls"] = unloadable or _try(loaded[0].load)
    return layers


def _leave_machine() -> Layers:
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


def _try(enforce: Callable[[], object]) -> str:
    try:
        enforce()
    except (OSError, ValueError) as error:
        return getattr(error, "strerror", None) or str(error)
    return ""
