"""Where the process is: in a network without interfaces and a folder without files."""

import os
import tempfile
from pathlib import Path

from classifier.audio.quarantine.sandbox import kernel

_EMPTY = kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS


def leave_network() -> None:
    """A network namespace with nothing in it, and no shared memory or message queue of others.

    Others than root may make one where the kernel lets them rule a namespace of their own, and in that they
    may also do what `leave_folder` does.
    """
    if os.geteuid() == 0:
        kernel.unshare(_EMPTY)
    else:
        kernel.unshare(kernel.CLONE_NEWUSER | _EMPTY)


def leave_folder() -> None:
    """Make an empty folder the root of all paths; it is removed, so that nothing can be put there either."""
    folder = tempfile.mkdtemp(prefix="decoder-")  # gone two lines later
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        Path(folder).rmdir()
        os.fchdir(handle)
        os.chroot(".")
    finally:
        os.close(handle)
