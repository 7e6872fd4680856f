"""Who sends a request, known from its headers before anything else of it is read.

Only a hint: whatever is done for a person is decided by Django, when the request is whole. It decides whose
body is received, and who waits behind whom.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, HttpResponse, parse_cookie

from emotion_site.sign_in.tokens import PREFIX, find_token
from emotion_site.web.admission.client_address import client_address
from emotion_site.web.asgi_types import Scope

# For so long a session or token that was good is taken for good here.
REMEMBERED_S = 60.0
MOST_REMEMBERED = 10_000
LONGEST_CREDENTIAL = 200


@dataclass(frozen=True)
class Sender:
    """Where a request comes from, and the primary key of who is signed in there, if that is known."""

    address: str
    person: int | None = None

    @property
    def key(self) -> str:
        return f"person {self.person}" if self.person is not None else f"address {self.address}"


class KnownSenders:
    """Sessions and tokens that were valid seconds ago."""

    def __init__(self) -> None:
        # The newest come last. Read on the event loop and written in threads, one operation at a time.
        self._known: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def remember(self, credential: str, person: int) -> None:
        self._known[credential] = person, time.monotonic() + REMEMBERED_S
        self._known.move_to_end(credential)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)

    def person_of(self, credential: str) -> int | None:
        person, until = self._known.get(credential, (None, 0.0))
        return person if until > time.monotonic() else None

    def forget_all(self) -> None:
        self._known.clear()


known_senders = KnownSenders()


def glance(scope: Scope) -> Sender:
    """What memory says of the sender of a request; costs no query."""
    credential = credential_of(scope)
    peer = scope["client"][0] if scope.get("client") else ""
    person = known_senders.person_of(credential) if credential else None
    return Sender(client_address(peer, scope["headers"]), person)


def look_up(credential: str) -> int | None:
    """The primary key of the person whose session or token this is, asked of the database and remembered."""
    kind, _space, secret = credential.partition(" ")
    person = _person_of_token(secret) if kind == "token" else _person_of_session(secret)
    if person is not None:
        known_senders.remember(credential, person)
    return person


def credential_of(scope: Scope) -> str | None:
    """The token or, where there is none, the session that a request names, if it looks like one.

    A token counts below ``/api/`` alone, and there before the session, as for the API itself.
    """
    headers = dict(scope["headers"])
    if scope["path"].startswith("/api/"):
        kind, _space, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() == "bearer":
            return _plausible("token", token.strip(), token.strip().startswith(PREFIX))
    session = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(
        settings.SESSION_COOKIE_NAME, ""
    )
    return _plausible("session", session, session.isalnum())


def is_by_token(credential: str) -> bool:
    return credential.startswith("token ")


def _plausible(kind: str, secret: str, is_plausible: bool) -> str | None:
    return f"{kind} {secret}" if is_plausible and len(secret) < LONGEST_CREDENTIAL else None


def _person_of_token(secret: str) -> int | None:
    token = find_token(secret)
    return token.user_id if token and token.is_usable and token.user.is_active else None


def _person_of_session(key: str) -> int | None:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    person = get_user(request)
    return person.pk if person.is_authenticated else None


class SenderMiddleware:
    """Remembers who was signed in, so that their next request is known by its headers without a query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        scope = getattr(request, "scope", None)  # None in tests without a server
        if scope is not None and request.user.is_authenticated:
            credential = credential_of(scope)
            if credential is not None:
                known_senders.remember(credential, request.user.pk)
        return response
