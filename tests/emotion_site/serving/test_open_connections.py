"""Which connection goes when an address, or everybody, has as many as may be."""

import asyncio
import socket
import threading
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn

from emotion_site.serving.connections.connection import GuardedConnection
from emotion_site.serving.connections.open_connections import OpenConnections, Place, Standing
from emotion_site.web.admission.client_address import client_address
from emotion_site.web.admission.fair_semaphore import TooManyWait, Turns
from tests.emotion_site.crowd import answer_on, asking
from tests.waiting import wait_until


class Crowd:
    def __init__(self, *, per_address: int, total: int = 100) -> None:
        self.open = OpenConnections(per_address=per_address, total=total)
        self.ended: list[str] = []

    def enter(self, name: str, address: str, standing: Standing) -> bool:
        return self.open.enter(Place(address, lambda: self.ended.append(name), standing))


def test_the_oldest_that_does_nothing_goes_first():
    crowd = Crowd(per_address=4)
    for name, standing in [
        ("working", Standing.AT_WORK),
        ("kept", Standing.IDLE),
        ("silent", Standing.SILENT),
        ("stranger", Standing.STRANGER),
    ]:
        assert crowd.enter(name, "a", standing)
    for name in ("one", "two", "three"):
        assert crowd.enter(name, "a", Standing.AT_WORK)
    assert crowd.ended == ["silent", "kept", "stranger"]
    assert not crowd.enter("one too many", "a", Standing.SILENT)
    assert crowd.enter("elsewhere", "b", Standing.SILENT)


def test_whoever_has_done_nothing_for_longest_goes_first():
    crowd = Crowd(per_address=2)
    first = Place("a", lambda: crowd.ended.append("first"), Standing.IDLE)
    assert crowd.open.enter(first)
    assert crowd.enter("second", "a", Standing.IDLE)
    first.standing = Standing.AT_WORK
    first.standing = Standing.IDLE
    assert crowd.enter("third", "a", Standing.AT_WORK)
    assert crowd.ended == ["second"]


def test_when_the_process_is_full_the_address_with_most_gives_way():
    crowd = Crowd(per_address=10, total=4)
    for name, address in [("lone", "a"), ("first", "b"), ("second", "b"), ("third", "b")]:
        crowd.enter(name, address, Standing.IDLE)
    assert crowd.enter("new", "c", Standing.SILENT)
    assert crowd.ended == ["first"]
    assert len(crowd.open) == 4


def test_who_leaves_makes_room():
    crowd = Crowd(per_address=1)
    place = Place("a", lambda: None, Standing.AT_WORK)
    assert crowd.open.enter(place)
    crowd.open.leave(place)
    crowd.open.leave(place)
    assert crowd.enter("next", "a", Standing.AT_WORK)


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
        scope["place"].standing = Standing.AT_WORK
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


def test_who_finds_all_places_in_use_reads_why(settings, monkeypatch):
    with (
        served_behind_a_proxy(monkeypatch, per_address=1) as (address, begun, _go_on),
        asking(address, "/", {}, method="GET"),
    ):
        assert begun.wait(timeout=10)
        with socket.create_connection(address, timeout=10) as another:
            answer = answer_on(another)
    assert answer.status == 503
    assert answer.getheader("Content-Security-Policy")


def test_addresses_take_turns_and_of_one_the_newest_is_first():
    async def scene() -> list[str]:
        turns, done = Turns(1), []

        async def work(name: str, address: str) -> None:
            async with turns.of(address):
                done.append(name)

        await turns.take("first")
        asked = [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b")]
        tasks = [asyncio.create_task(work(*names)) for names in asked]
        await asyncio.sleep(0)
        turns.give_back()
        await asyncio.gather(*tasks)
        return done

    assert asyncio.run(scene()) == ["a3", "b1", "a2", "a1"]


def test_the_one_that_waits_longest_is_told_when_too_many_do():
    async def scene() -> list[object]:
        turns = Turns(1, most_waiting=2)
        await turns.take("first")
        tasks = [asyncio.create_task(turns.take("a")) for _number in range(3)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for _number in range(2):
            turns.give_back()
            await asyncio.sleep(0)
        return await asyncio.gather(*tasks, return_exceptions=True)

    longest, *others = asyncio.run(scene())
    assert isinstance(longest, TooManyWait)
    assert others == [None, None]


def test_a_client_that_leaves_while_it_waits_takes_no_turn():
    async def scene() -> None:
        turns = Turns(1)
        await turns.take("first")
        gone = asyncio.create_task(turns.take("a"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        turns.give_back()
        await asyncio.wait_for(turns.take("b"), timeout=5)

    asyncio.run(scene())
