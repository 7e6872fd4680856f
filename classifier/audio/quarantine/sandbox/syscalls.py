"""The system calls that decoding needs, once all is loaded; with seccomp the kernel refuses all others."""

import errno
import os
from typing import Protocol, cast

# Nothing here opens, connects, starts or looks at anything: what is open is read and written, memory comes
# and goes, threads wait for each other, and the clock is read.
ALLOWED = (
    *("read", "readv", "write", "writev", "close", "lseek", "fstat", "fsync"),
    *("brk", "mremap", "munmap", "madvise"),
    *("futex", "sched_yield", "sched_getaffinity", "membarrier", "rseq", "getcpu"),
    *("getpid", "gettid", "getrusage", "sysinfo", "getrandom"),
    *("clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"),
    *("exit", "exit_group"),
)
PROT_EXEC = 0x4


class Filter(Protocol):
    """What libseccomp made of the list."""

    def load(self) -> None:
        """Put it into force in all threads, for good."""


def make_filter() -> Filter:
    """A filter that makes every call that is not in the list fail with EPERM.

    To be made while files can still be read. Raises OSError where libseccomp is missing.
    """
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, AttributeError) as error:
        raise FileNotFoundError("libseccomp is not installed") from error
    rules = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
    for name in ALLOWED:
        rules.add_rule(seccomp.ALLOW, name)
    for name in ("mmap", "mprotect"):  # memory, but none for code that came with a recording
        rules.add_rule(seccomp.ALLOW, name, seccomp.Arg(2, seccomp.MASKED_EQ, PROT_EXEC, 0))
    rules.add_rule(seccomp.ALLOW, "prlimit64", seccomp.Arg(0, seccomp.EQ, 0))
    # How a library ends the process that it no longer trusts.
    rules.add_rule(seccomp.ALLOW, "tgkill", seccomp.Arg(0, seccomp.EQ, os.getpid()))
    rules.set_attr(seccomp.Attr.CTL_TSYNC, 1)
    return cast(Filter, rules)
