"""Which connection is evicted when an address, or the process, has no slot left."""

import asyncio
import socket
import threading
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from emotion_site.serving.connections.connection import GuardedConnection
from emotion_site.serving.connections.open_connections import ConnectionSlot, ConnectionState, OpenConnections
from emotion_site.web.admission.client_address import client_address
from emotion_site.web.admission.fair_semaphore import FairSemaphore, TooManyWaiting
from tests.emotion_site.crowd import answer_on, asking
from tests.waiting import wait_until


class Connections:
    def __init__(self, *, per_address: int, total: int = 100) -> None:
        self.open = OpenConnections(per_address=per_address, total=total)
        self.evicted: list[str] = []

    def acquire(self, name: str, address: str, state: ConnectionState) -> bool:
        return self.open.acquire(ConnectionSlot(address, lambda: self.evicted.append(name), state))


def test_connections_are_evicted_by_state():
    connections = Connections(per_address=4)
    for name, state in [
        ("active", ConnectionState.ACTIVE),
        ("idle", ConnectionState.IDLE),
        ("no request", ConnectionState.NO_REQUEST),
        ("anonymous", ConnectionState.ANONYMOUS),
    ]:
        assert connections.acquire(name, "a", state)
    for name in ("one", "two", "three"):
        assert connections.acquire(name, "a", ConnectionState.ACTIVE)
    assert connections.evicted == ["no request", "idle", "anonymous"]
    assert not connections.acquire("one too many", "a", ConnectionState.NO_REQUEST)
    assert connections.acquire("elsewhere", "b", ConnectionState.NO_REQUEST)


def test_the_longest_idle_connection_is_evicted_first():
    connections = Connections(per_address=2)
    first = ConnectionSlot("a", lambda: connections.evicted.append("first"), ConnectionState.IDLE)
    assert connections.open.acquire(first)
    assert connections.acquire("second", "a", ConnectionState.IDLE)
    first.state = ConnectionState.ACTIVE
    first.state = ConnectionState.IDLE
    assert connections.acquire("third", "a", ConnectionState.ACTIVE)
    assert connections.evicted == ["second"]


def test_a_full_process_evicts_from_the_address_with_most():
    connections = Connections(per_address=10, total=4)
    for name, address in [("lone", "a"), ("first", "b"), ("second", "b"), ("third", "b")]:
        connections.acquire(name, address, ConnectionState.IDLE)
    assert connections.acquire("new", "c", ConnectionState.NO_REQUEST)
    assert connections.evicted == ["first"]
    assert len(connections.open) == 4


def test_a_released_slot_is_free():
    connections = Connections(per_address=1)
    slot = ConnectionSlot("a", lambda: None, ConnectionState.ACTIVE)
    assert connections.open.acquire(slot)
    connections.open.release(slot)
    connections.open.release(slot)
    assert connections.acquire("next", "a", ConnectionState.ACTIVE)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, "1.1.1.1", "1.1.1.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (1, "", "9.9.9.9"),
        (1, "2001:db8::1", "2001:db8::/64"),
        (1, "2001:db8:0:0:ffff::7", "2001:db8::/64"),
        (1, "::ffff:1.1.1.1", "1.1.1.1"),
    ],
)
def test_only_what_the_trusted_proxies_say_counts(settings, proxies, forwarded, address):
    settings.NUM_PROXIES = proxies
    assert client_address("9.9.9.9", [(b"x-forwarded-for", forwarded.encode())]) == address


@contextmanager
def served_behind_a_proxy(monkeypatch, per_address: int):
    """A server whose requests set one event and wait for the other, behind the proxy that the test plays."""
    begun, go_on = threading.Event(), threading.Event()

    async def wait_for_it(scope, receive, send):
        scope["slot"].state = ConnectionState.ACTIVE
        begun.set()
        await asyncio.to_thread(go_on.wait)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    monkeypatch.setattr(
        GuardedConnection, "open_connections", OpenConnections(per_address=per_address, total=100)
    )
    config = uvicorn.Config(wait_for_it, http=GuardedConnection, lifespan="off", log_config=None, port=0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname(), begun, go_on
    finally:
        go_on.set()
        server.should_exit = True
        thread.join(timeout=10)


def test_behind_a_proxy_requests_are_counted_for_whom_they_are(settings, monkeypatch):
    settings.NUM_PROXIES = 1

    with served_behind_a_proxy(monkeypatch, per_address=2) as (address, _begun, go_on), ExitStack() as stack:

        def ask(*, forwarded: str):
            return stack.enter_context(asking(address, "/", {"X-Forwarded-For": forwarded}, method="GET"))

        waiting = [ask(forwarded="1.1.1.1"), ask(forwarded="1.1.1.1")]
        wait_until(lambda: len(GuardedConnection.open_connections) == 2)
        # What a client invents stands before what the proxy says.
        refused = answer_on(ask(forwarded="7.7.7.7, 1.1.1.1"))
        assert (refused.status, refused.getheader("Retry-After")) == (503, "2")
        assert "The site is busy" in refused.text
        other = ask(forwarded="2.2.2.2")
        go_on.set()
        assert [answer_on(client).status for client in (*waiting, other)] == [200] * 3
        # Its connections are the proxy's, not the client's: each may carry the next request of anybody.
        assert answer_on(ask(forwarded="1.1.1.1")).status == 200


def test_a_client_without_a_slot_reads_why(settings, monkeypatch):
    with (
        served_behind_a_proxy(monkeypatch, per_address=1) as (address, begun, _go_on),
        asking(address, "/", {}, method="GET"),
    ):
        assert begun.wait(timeout=10)
        with socket.create_connection(address, timeout=10) as another:
            answer = answer_on(another)
    assert answer.status == 503
    assert answer.getheader("Content-Security-Policy")


def test_permits_go_round_robin_by_address_newest_waiter_first():
    async def scene() -> list[str]:
        semaphore, done = FairSemaphore(1), []

        async def work(name: str, address: str) -> None:
            async with semaphore.of(address):
                done.append(name)

        await semaphore.acquire("first")
        asked = [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")]
        tasks = [asyncio.create_task(work(*names)) for names in asked]
        await asyncio.sleep(0)
        semaphore.release()
        await asyncio.gather(*tasks)
        return done

    assert asyncio.run(scene()) == ["a3", "b1", "a2", "a1"]


def test_the_oldest_waiter_is_refused_when_too_many_wait():
    async def scene() -> list[object]:
        semaphore = FairSemaphore(1, max_waiting=2)
        await semaphore.acquire("first")
        tasks = [asyncio.create_task(semaphore.acquire("a")) for _number in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for _number in range(2):
            semaphore.release()
            await asyncio.sleep(0)
        return await asyncio.gather(*tasks, return_exceptions=True)

    longest, *others = asyncio.run(scene())
    assert isinstance(longest, TooManyWaiting)
    assert others == [None, None]


def test_a_cancelled_waiter_takes_no_permit():
    async def scene() -> None:
        semaphore = FairSemaphore(1)
        await semaphore.acquire("first")
        gone = asyncio.create_task(semaphore.acquire("a"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        semaphore.release()
        await asyncio.wait_for(semaphore.acquire("b"), timeout=5)

    asyncio.run(scene())
