"""Drop privileges: run as an unprivileged user, without capabilities or a way to regain them."""

import os

from classifier.audio.quarantine.sandbox import kernel

# Far above the accounts of people and of services, and below those that containers use. Each decoder has its
# own, so one cannot signal or look into another.
FIRST_OWN_ID = 1_900_000_000
# Where a container has few ids.
NOBODY = 65534
_NEEDED = (kernel.CAP_SETUID, kernel.CAP_SETGID, kernel.CAP_KILL)


def become_nobody() -> None:
    """Where the site runs as root: another user and group, in no other group.

    Raises OSError where root may not, and the process stays as it is.
    """
    if os.geteuid() != 0:
        return
    kernel.forget_capabilities()
    held = kernel.held_capabilities()
    # Without CAP_KILL the server could not end a decoder of another user.
    if not all(held >> number & 1 for number in _NEEDED):
        raise PermissionError("root lacks the right to change to another user and to end its processes")
    os.setgroups([])
    try:
        _become(FIRST_OWN_ID + os.getpid())
    except OSError:
        _become(NOBODY)


def give_up_rights() -> None:
    """No capability, none by starting another program, and no debugger or core dump of this one."""
    kernel.forget_capabilities()
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)


def _become(number: int) -> None:
    os.setresgid(number, number, number)
    os.setresuid(number, number, number)
