"""What a file might do that has taken over its decoder. See `taken_over.py`.

Each function does one thing and returns what it got, or raises OSError. It runs in the decoder process.
"""

import ctypes
import mmap
import os
import resource
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

PTRACE_SEIZE, CLONE_NEWUTS, IORING_SETUP, KEYCTL, BPF, PERF_EVENT = 0x4206, 0x04000000, 425, 250, 321, 298
PROCESS_VM_READV, MOUNT, MEMFD_CREATE = 310, 165, 319


def open_file(path: str) -> int:
    return len(Path(path).read_bytes())


def look_at_file(path: str) -> int:
    return Path(path).stat().st_size


def list_folder(path: str) -> int:
    return len(list(Path(path).iterdir()))


def write_file(path: str) -> int:
    # The limit of 0 on the size of files comes before the sandbox, so an empty one has to do.
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
    return 1


def connect(port: int) -> int:
    with socket.socket() as client:
        client.connect(("127.0.0.1", port))
        return 1


def connect_by_socket_file(path: str) -> int:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return 1


def listen(_: None) -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return 1


def look_at_interfaces(_: None) -> int:
    return len(socket.if_nameindex())


def fork(_: None) -> int:
    child = os.fork()
    if not child:
        os._exit(0)
    return os.waitpid(child, 0)[0]


def start_program(_: None) -> int:
    return subprocess.run(["/bin/true"]).returncode + 1


def become_program(_: None) -> int:
    os.execv("/bin/false", ["false"])


def start_thread(_: None) -> int:
    try:
        threading.Thread(target=int).start()
    except RuntimeError as error:
        raise OSError("no thread") from error
    return 1


def trace(pid: int) -> int:
    return _libc_call("ptrace", PTRACE_SEIZE, pid, 0, 0) + 1


def read_memory(pid: int) -> int:
    """The first bytes of its program."""
    address = int(Path(f"/proc/{pid}/maps").read_text().partition("-")[0], 16)
    target = ctypes.create_string_buffer(4)
    here = (ctypes.c_uint64 * 2)(ctypes.addressof(target), 4)
    there = (ctypes.c_uint64 * 2)(address, 4)
    return _call(PROCESS_VM_READV, pid, here, 1, there, 1, 0)


def send_signal(pid: int) -> int:
    os.kill(pid, 0)  # asks whether it might
    return 1


def read_environment(pid: int) -> int:
    return open_file(f"/proc/{pid}/environ")


def look_at_limits(pid: int) -> int:
    return len(resource.prlimit(pid, resource.RLIMIT_CORE))


def mount(path: str) -> int:
    arguments = [ctypes.c_char_p(text.encode()) for text in ("none", path, "tmpfs")]
    return _call(MOUNT, *arguments, 0, 0) + 1


def make_a_namespace(_: None) -> int:
    return _libc_call("unshare", CLONE_NEWUTS) + 1


def become_root(_: None) -> int:
    os.setresuid(0, 0, 0)
    return 1


def make_io_ring(_: None) -> int:
    return _call(IORING_SETUP, 4, ctypes.create_string_buffer(120))


def ask_for_keys(_: None) -> int:
    return abs(_call(KEYCTL, 0, -3, 1, 0, 0))


def load_kernel_program(_: None) -> int:
    return _call(BPF, 0, ctypes.create_string_buffer(bytes([2, 0, 0, 0, 4, 0, 0, 0, 8, 0, 0, 0, 1]), 72), 72)


def make_file_in_memory(_: None) -> int:
    return _call(MEMFD_CREATE, ctypes.c_char_p(b"x"), 0)


def make_code(_: None) -> int:
    return len(mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC))


def tell_environment(_: None) -> list[str]:
    return sorted(os.environ)


def crash(_: None) -> int:
    os.abort()


def _libc_call(name: str, *arguments: int) -> int:
    return _checked(getattr(ctypes.CDLL(None, use_errno=True), name)(*map(ctypes.c_long, arguments)))


def _call(number: int, *arguments: Any) -> int:
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return _checked(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *wide))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
