"""What strace wrote down of a family of processes, and what in it breaks the promise that nothing leaves."""

import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path

TALKING = ("connect", "sendto", "sendmsg", "sendmmsg")
# What goes through such a ring strace does not see, so no program gets one.
UNSEEN = ("io_uring_setup",)
OPENING = ("open", "openat", "openat2", "creat")
CHANGING = (
    *("mkdir", "mkdirat", "mknod", "mknodat", "rename", "renameat", "renameat2", "rmdir", "truncate"),
    *("link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat"),
)
RECORDED = (*TALKING, *UNSEEN, *OPENING, *CHANGING, "bind", "execve")
# A file in which a process asks after itself, or a device that keeps nothing.
NOTHING_KEPT = re.compile(
    r"/proc/(self|\d+)/(oom_score_adj|task/.*|(uid|gid)_map|setgroups)|/dev/(null|zero|full|tty|ptmx|pts/\d+)"
)
SHARED_MEMORY = Path("/dev/shm")
# A C library asks the first who a user is, and would ask for names; the second makes numbers that are unique.
NAME_SERVICE_CACHE, UUID_SERVICE = "/var/run/nscd/socket", "/run/uuidd/request"
DOMAIN = "53"

_CALL = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)")
_FAILED = re.compile(r" = -1 (E\w+) \([^()]*\)$")
_OPENED = re.compile(r" = \d+<([^<>]*).*>$")
_FAMILY = re.compile(r"sa_family=(AF_\w+)")
_ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
_PORT = re.compile(r"sin6?_port=htons\((\d+)\)")
_SOCKET_PATH = re.compile(r'sun_path=(@?)"([^"]*)"')
_FOLDER = re.compile(r"(?:AT_FDCWD|\b\d+)<([^>]*)>")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WRITING = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
# What says that a file would have been written, had it been allowed.
REFUSED = {"EACCES", "EPERM", "EROFS"}


def faults(folder: Path, *, may_write: Sequence[Path]) -> list[str]:
    """Every recorded call that reached for another machine, a name, or a file outside ``may_write``."""
    return [
        f"{path.name}: {line}"
        for path in sorted(folder.iterdir())
        for line in path.read_text(errors="replace").splitlines()
        if is_fault(line, may_write)
    ]


def programs(folder: Path) -> list[str]:
    """The command lines that were started."""
    lines = (line for path in folder.iterdir() for line in path.read_text(errors="replace").splitlines())
    return [line for line in lines if line.startswith("execve(") and line.endswith(" = 0")]


def is_fault(line: str, may_write: Sequence[Path]) -> bool:
    """Whether a line of strace (with ``-y``) breaks the promise; a call that failed may do so as well."""
    call = _CALL.match(line)
    if call is None:
        return False
    name, arguments = call["name"], call["arguments"]
    if name in UNSEEN:
        return not line.endswith("(INJECTED)")
    if name in TALKING:
        return any(_leaves(address, line) for address in _addresses(arguments))
    if name == "bind":
        return any(
            address.startswith("AF_UNIX") and not _is_private(address, may_write)
            for address in _addresses(arguments)
        )
    if name in OPENING and not (name == "creat" or _WRITING.search(arguments)):
        return False
    if name in OPENING or name in CHANGING:
        return any(not _may_be_written(path, may_write) for path in _written(name, arguments))
    return False


def _addresses(arguments: str) -> Iterator[str]:
    """Each address among the arguments, from its family on."""
    starts = [found.start(1) for found in _FAMILY.finditer(arguments)]
    for start, end in pairwise([*starts, len(arguments)]):
        yield arguments[start:end]


def _leaves(address: str, line: str) -> bool:
    family = address.split(",")[0].rstrip("}")
    if family in {"AF_UNSPEC", "AF_NETLINK"}:  # the end of a connection, and a question to the kernel
        return False
    if family == "AF_UNIX":
        # Whoever listens at a socket of the machine may be the one who looks names up.
        absent = NAME_SERVICE_CACHE in address and " = -1 " in line
        return not (absent or UUID_SERVICE in address)
    found, port = _ADDRESS.search(address), _PORT.search(address)
    if family not in {"AF_INET", "AF_INET6"} or found is None or port is None:
        return True
    ip = ip_address(found[1] or found[2])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return not ip.is_loopback or port[1] == DOMAIN


def _is_private(address: str, may_write: Sequence[Path]) -> bool:
    """Whether no file outside those folders stands for the socket."""
    found = _SOCKET_PATH.search(address)
    return found is None or bool(found[1]) or _may_be_written(Path(found[2]), may_write)


def _written(name: str, arguments: str) -> Iterator[Path]:
    """The files that a call made, changed or was refused."""
    failed, opened = _FAILED.search(arguments), _OPENED.search(arguments)
    if failed and failed[1] not in REFUSED:
        return
    if name in OPENING and opened:
        yield Path(opened[1].removesuffix(" (deleted)"))
        return
    folders = [Path(folder) for folder in _FOLDER.findall(arguments)]
    paths = [Path(path) for path in _QUOTED.findall(arguments)]
    if name.startswith("symlink"):
        paths = paths[1:]
    for number, path in enumerate(paths):
        yield folders[min(number, len(folders) - 1)] / path if folders else path


def _may_be_written(path: Path, may_write: Sequence[Path]) -> bool:
    return bool(
        NOTHING_KEPT.fullmatch(str(path))
        or any(path.is_relative_to(folder) for folder in (*may_write, SHARED_MEMORY))
        # Only what has a place among the files: a pipe or a socket has none.
        or re.match(r"(pipe|socket|anon_inode|memfd):", str(path))
    )
