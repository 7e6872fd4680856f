"""Answers that never get as far as Django are dressed as all others are."""

import socket

import pytest

from tests.emotion_site.crowd import address_of, answer_on, asking, get
from tests.served_site import served_site

pytestmark = pytest.mark.slow

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SECRETS_OF_A_PAGE = [
    "Content-Security-Policy",
    "X-Content-Type-Options",
    "Referrer-Policy",
    "Cross-Origin-Opener-Policy",
    "X-Frame-Options",
    "Permissions-Policy",
    "Cache-Control",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served_site(tmp_path_factory.mktemp("served"), CONNECTIONS_PER_ADDRESS="3") as served:
        yield served


def require_dressed(site, answer, status: int) -> None:
    page = get(site.url, "/nothing-here/")
    assert answer.status == status
    assert {name: answer.getheader(name) for name in SECRETS_OF_A_PAGE} == {
        name: page.headers[name] for name in SECRETS_OF_A_PAGE
    }
    assert "/static/emotion_site/site" in answer.text


def test_too_large(site):
    with asking(address_of(site.url), "/accounts/login/", FORM | {"Content-Length": 100_000_000}) as client:
        require_dressed(site, answer_on(client), 413)


def test_too_slow_to_begin(site):
    with asking(address_of(site.url), "/accounts/login/", FORM | {"Content-Length": 10}) as client:
        require_dressed(site, answer_on(client), 408)


@pytest.mark.parametrize(
    "request_line",
    [
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: somebody.example\r\n\r\n",
        b"GET /?q=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["not HTTP", "another name", "not text"],
)
def test_unreadable(site, request_line):
    with socket.create_connection(address_of(site.url), timeout=10) as client:
        client.sendall(request_line)
        require_dressed(site, answer_on(client), 400)


def test_a_character_set_that_is_none(site):
    headers = {"Content-Type": "text/plain; charset=hex", "Content-Length": 0}
    with asking(address_of(site.url), "/accounts/login/", headers) as client:
        require_dressed(site, answer_on(client), 400)


def test_a_socket_that_is_none(site):
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Content-Length": 3}
    with asking(address_of(site.url), "/live/", upgrade) as client:
        client.sendall(b"abc")
        require_dressed(site, answer_on(client), 400)
