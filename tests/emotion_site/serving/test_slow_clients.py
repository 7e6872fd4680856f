"""Clients that are too slow, or ask too much, lose their connection and nobody else's."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn

from emotion_site.serving.connections import connection, pipelining, websocket
from emotion_site.serving.connections.connection import GuardedConnection
from emotion_site.serving.connections.websocket import GuardedWebSocket
from emotion_site.web.admission import body_limit
from emotion_site.web.admission.body_limit import limit_body
from tests.waiting import wait_until

ANSWER_BYTES = 20_000_000
HANDSHAKE = (
    b" /live/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)


async def answer_at_length(scope, receive, send) -> None:
    """Reads the whole body, as Django does, and answers with more than any buffer holds."""
    if scope["type"] == "websocket":
        while (await receive())["type"] != "websocket.disconnect":  # never accepts
            pass
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x" * ANSWER_BYTES})


@pytest.fixture
def impatient(monkeypatch) -> None:
    monkeypatch.setattr(connection, "HEADERS_TIMEOUT_S", 0.4)
    monkeypatch.setattr(websocket, "HANDSHAKE_TIMEOUT_S", 0.4)
    monkeypatch.setattr(connection, "WRITE_CHECK_INTERVAL_S", 0.3)
    monkeypatch.setattr(body_limit, "FIRST_BYTE_TIMEOUT_S", 0.4)
    monkeypatch.setattr(body_limit, "GRACE_S", 0.4)


@contextmanager
def served(app=None) -> Iterator[tuple[str, int]]:
    config = uvicorn.Config(
        app or limit_body(answer_at_length),
        http=GuardedConnection,
        ws=GuardedWebSocket,
        lifespan="off",
        log_config=None,
        port=0,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    try:
        yield server.servers[0].sockets[0].getsockname()
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def says(client: socket.socket, *pieces: bytes, pause_s: float = 0.1) -> bool:
    """Send piece by piece; whether the server still listens after the last one."""
    try:
        for piece in pieces:
            client.sendall(piece)
            time.sleep(pause_s)
    except OSError:
        return False
    return True


def is_closed(client: socket.socket) -> bool:
    client.settimeout(5)
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


def test_client_that_says_nothing_is_let_go(impatient):
    with served() as address, socket.create_connection(address) as client:
        assert is_closed(client)


def test_headers_that_never_end_are_let_go(impatient):
    with served() as address, socket.create_connection(address) as client:
        assert not says(client, b"GET / HTTP/1.1\r\nX-Slow: ", *[b"a"] * 20)


def test_endless_headers_are_let_go():
    with served() as address, socket.create_connection(address) as client:
        assert not says(client, b"GET / HTTP/1.1\r\nX-Long: ", *[b"a" * 30_000] * 10)


def test_second_request_of_a_connection_is_watched_too(impatient):
    with served() as address, socket.create_connection(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        received = 0
        while received < ANSWER_BYTES:
            received += len(client.recv(1_000_000))
        assert not says(client, *[b"\r\n"] * 20)


async def answer_a_page(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"50000")]})
    await send({"type": "http.response.body", "body": b"x" * 50_000})


def test_requests_sent_ahead_wait_until_the_answer_before_is_taken():
    asked = []

    async def note_and_answer(scope, receive, send) -> None:
        asked.append(scope["path"])
        await answer_a_page(scope, receive, send)

    with served(note_and_answer) as address, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(address)
        client.sendall(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        wait_until(lambda: asked)
        time.sleep(0.5)  # in which all three were answered
        assert len(asked) == 1
        received = 0
        while received < 3 * 50_000:
            received += len(client.recv(1_000_000))
    assert len(asked) == 3


def test_a_connection_ends_after_a_few_requests_sent_ahead():
    with served(answer_a_page) as address, socket.create_connection(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20)
        client.settimeout(10)
        answers = b"".join(iter(lambda: client.recv(1_000_000), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 1 + pipelining.MAX_PIPELINED
    assert answers.count(b"connection: close") == 1


def test_whoever_never_takes_an_answer_but_asks_on_is_let_go(monkeypatch):
    monkeypatch.setattr(pipelining, "CLIENT_READ_TIMEOUT_S", 0.3)
    with served() as address, socket.create_connection(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
        time.sleep(0.8)
        assert not says(client, *[b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"] * 5)


@pytest.mark.parametrize("method", [b"GET", b"POST"])
@pytest.mark.parametrize("body", [b"Content-Length: 3\r\n\r\n", b"Content-Length: 3\r\n\r\nabc"])
@pytest.mark.parametrize("encoding", [b"", b"Transfer-Encoding: chunked\r\n"])
def test_websocket_with_a_body_is_refused(method, body, encoding):
    """uvicorn would neither answer nor close it."""
    with served() as address, socket.create_connection(address) as client:
        client.sendall(method + HANDSHAKE + encoding + body)
        client.settimeout(5)
        assert client.recv(12) == b"HTTP/1.1 400"


@pytest.mark.parametrize(
    "head", [b"POST" + HANDSHAKE, b"GET" + HANDSHAKE + b"Transfer-Encoding: chunked\r\n"]
)
def test_handshake_that_is_none_is_refused(head):
    with served() as address, socket.create_connection(address) as client:
        client.sendall(head + b"\r\n")
        client.settimeout(5)
        assert client.recv(12)[:10] == b"HTTP/1.1 4"


def test_websocket_that_nobody_accepts_is_let_go(impatient):
    with served() as address, socket.create_connection(address) as client:
        client.sendall(b"GET" + HANDSHAKE + b"\r\n")
        begin = time.monotonic()
        assert is_closed(client)
        assert time.monotonic() - begin < 2


def test_body_that_trickles_is_answered_with_408(impatient):
    with served() as address, socket.create_connection(address) as client:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
        says(client, head, *[b"a"] * 8)
        assert client.recv(100).startswith(b"HTTP/1.1 408")


def test_client_that_never_reads_is_let_go(impatient):
    with served() as address, socket.create_connection(address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        # Nothing is read until the server has given up.
        wait_until(lambda: len(GuardedConnection.open_connections))
        wait_until(lambda: not len(GuardedConnection.open_connections))
        received = 0
        client.settimeout(5)
        try:
            while piece := client.recv(1_000_000):
                received += len(piece)
        except ConnectionError:
            pass
        assert received < ANSWER_BYTES


def test_patient_client_is_answered(impatient):
    with served() as address, socket.create_connection(address) as client:
        assert says(client, b"POST / HTTP/1.1\r\n", b"Host: x\r\nContent-Length: 2\r\n\r\n", b"a", b"b")
        assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_answer_may_take_longer_than_a_body(impatient, settings):
    """Django goes on listening for the end of the connection while a view works."""

    async def receive():
        if not heard:
            heard.append("body")
            return {"type": "http.request", "body": b"a", "more_body": False}
        await asyncio.sleep(0.8)
        return {"type": "http.disconnect"}

    async def app(scope, receive, send):
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        heard.append("end")

    heard: list[str] = []
    asyncio.run(limit_body(app)({"type": "http", "path": "/", "headers": []}, receive, None))
    assert heard == ["body", "end"]


@pytest.mark.parametrize(("path", "status"), [("/accounts/login/", 413), ("/api/v1/clips/", 200)])
def test_only_recordings_may_be_large(path, status):
    with served() as address, socket.create_connection(address) as client:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n".encode()
        client.sendall(head)
        says(client, b"a" * 2_000_000)
        assert client.recv(12).endswith(str(status).encode())
