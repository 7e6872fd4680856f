"""Clients by the hundred, from whichever loopback address a test wants them to come."""

import http.client
import selectors
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import httpx

from tests.served_site import ServedSite

Address = tuple[str, int]


def address_of(url: str) -> Address:
    parts = urlsplit(url)
    return "127.0.0.1", int(parts.port or 80)


@contextmanager
def clients(
    address: Address, count: int, says: bytes, *, source: str = "127.0.0.1"
) -> Iterator[list[socket.socket]]:
    """So many open connections, each of which has said the same and reads nothing."""
    with ExitStack() as stack:
        opened = []
        for _number in range(count):
            client = stack.enter_context(socket.create_connection(address, source_address=(source, 0)))
            client.sendall(says)
            opened.append(client)
        yield opened


def still_open(opened: list[socket.socket]) -> int:
    """How many of these the server has neither answered nor ended."""
    with selectors.DefaultSelector() as selector:
        for client in opened:
            selector.register(client, selectors.EVENT_READ)
        return len(opened) - len(selector.select(timeout=0))


def get(url: str, path: str, *, source: str = "127.0.0.1", **options) -> httpx.Response:
    """One request of a client that has no connection yet."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=source), base_url=url) as client:
        return client.get(path, timeout=20, **options)


class Person:
    """Somebody with an account on a served site: an API token, a session, and what proves a form."""

    def __init__(self, site: ServedSite, email: str = "sender@example.org", *, days: int = 1) -> None:
        printed = site.manage(
            "shell", "--no-imports", "--command", MAKE_PERSON.format(email=email, days=days)
        )
        self.token, self.session = printed.split()[-2:]
        self.csrf = "x" * 32
        self.bearer = {"Authorization": f"Bearer {self.token}"}
        self.cookies = {"Cookie": f"sessionid={self.session}; csrftoken={self.csrf}"}


MAKE_PERSON = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from emotion_site.models import User
from emotion_site.sign_in.tokens import create_token
user = User.objects.create_user(email="{email}", password="a long and quiet sentence")
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
session.create()
print(create_token(user=user, name="test", days={days})[1], session.session_key)
"""


@contextmanager
def asking(
    address: Address, path: str, headers: Mapping[str, object], *, method: str = "POST"
) -> Iterator[socket.socket]:
    """A connection on which a request has begun: its headers are sent, its body is not."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{address[1]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(address, timeout=10) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        yield client


def answer_on(client: socket.socket) -> http.client.HTTPResponse:
    """The next answer on a connection, its body read."""
    answer = http.client.HTTPResponse(client)
    answer.begin()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    return answer
