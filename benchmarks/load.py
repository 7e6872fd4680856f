"""Clients that send uploads one after the other over a connection of their own."""

import http.client
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

MAX_SECONDS = 12.0
# Uploads that are sent before the bare session has its turn.
TURN = 10


@dataclass(frozen=True)
class Target:
    """Where uploads go, and how one is put into a request."""

    port: int
    path: str
    token: str = ""

    def request(self, data: bytes, kind: str) -> tuple[bytes, dict[str, str]]:
        if not self.token:
            return data, {}
        boundary = "benchmark-boundary"
        head = (
            f"--{boundary}\r\nContent-Disposition: form-data; name=file; filename=clip.{kind}\r\n"
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Authorization": f"Bearer {self.token}",
        }
        return body, headers


@dataclass
class Measured:
    """Milliseconds of every answer, the answers by status, and seconds from first to last."""

    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def p50_ms(self) -> float:
        return float(np.percentile(self.milliseconds, 50))

    def report(self) -> dict[str, object]:
        return {
            "requests": len(self.milliseconds),
            "statuses": dict(self.statuses),
            "p50_ms": round(self.p50_ms, 1),
            "p95_ms": round(float(np.percentile(self.milliseconds, 95)), 1),
            "clips_per_s": round(self.clips_per_s, 2),
        }

    @property
    def clips_per_s(self) -> float:
        return len(self.milliseconds) / self.seconds

    def add(self, other: "Measured") -> None:
        """Take in what was measured afterwards."""
        self.milliseconds += other.milliseconds
        self.statuses += other.statuses
        self.seconds += other.seconds


def send_in_turns(
    target: Target, files: list[bytes], kind: str, bare: Callable[[], list[float]]
) -> tuple[Measured, list[float]]:
    """One client's uploads in turns with runs of the bare session, and the milliseconds of those.

    A machine that is shared is half as fast for a few seconds now and then; so both see the same of it.
    """
    measured, bare_ms = Measured(), list[float]()
    for first in range(0, len(files), TURN):
        if measured.seconds >= MAX_SECONDS:
            break
        measured.add(send_all(target, files[first : first + TURN], kind, 1))
        bare_ms += bare()
    return measured, bare_ms


def send_all(target: Target, files: list[bytes], kind: str, clients: int) -> Measured:
    """Send the files from ``clients`` connections at once, until all are sent or time is up."""
    waiting = deque(target.request(data, kind) for data in files)
    measured = Measured()
    begin = time.perf_counter()
    threads = [
        threading.Thread(target=_one_client, args=(target, waiting, measured, begin + MAX_SECONDS))
        for _number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured.seconds = time.perf_counter() - begin
    return measured


def _one_client(
    target: Target, waiting: deque[tuple[bytes, dict[str, str]]], measured: Measured, until: float
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=60)
    while waiting and time.perf_counter() < until:
        try:
            body, headers = waiting.popleft()
        except IndexError:  # another client took the last one
            break
        begin = time.perf_counter()
        connection.request("POST", target.path, body, headers)
        response = connection.getresponse()
        response.read()
        measured.milliseconds.append((time.perf_counter() - begin) * 1000)
        measured.statuses[response.status] += 1
    connection.close()
