"""Who a client is, from the headers of a request alone, before its body is read.

Only a hint for admission: whose body is received, and who waits behind whom. Django authenticates the whole
request as usual.
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

# How long a valid session or token is taken as valid here.
CACHE_TTL_S = 60.0
MAX_CACHED = 10_000
MAX_CREDENTIAL_LENGTH = 200


@dataclass(frozen=True)
class ClientIdentity:
    """The address of a client, and the primary key of the person signed in, if known."""

    address: str
    person: int | None = None

    @property
    def key(self) -> str:
        return f"person {self.person}" if self.person is not None else f"address {self.address}"


class CredentialCache:
    """Credentials, sessions and tokens, that were valid less than ``CACHE_TTL_S`` ago."""

    def __init__(self) -> None:
        # The newest come last. Read on the event loop and written in threads, one operation at a time.
        self._known: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def remember(self, credential: str, person: int) -> None:
        self._known[credential] = person, time.monotonic() + CACHE_TTL_S
        self._known.move_to_end(credential)
        if len(self._known) > MAX_CACHED:
            self._known.popitem(last=False)

    def person_of(self, credential: str) -> int | None:
        person, until = self._known.get(credential, (None, 0.0))
        return person if until > time.monotonic() else None

    def forget_all(self) -> None:
        self._known.clear()


credential_cache = CredentialCache()


def cached_identity(scope: Scope) -> ClientIdentity:
    """The identity from the cache alone, without a query."""
    credential = credential_of(scope)
    peer = scope["client"][0] if scope.get("client") else ""
    person = credential_cache.person_of(credential) if credential else None
    return ClientIdentity(client_address(peer, scope["headers"]), person)


def find_person(credential: str) -> int | None:
    """The primary key of the person with this session or token, from the database; cached."""
    kind, _space, secret = credential.partition(" ")
    person = _person_of_token(secret) if kind == "token" else _person_of_session(secret)
    if person is not None:
        credential_cache.remember(credential, person)
    return person


def credential_of(scope: Scope) -> str | None:
    """The token of a request or, without one, its session key, if it is well-formed.

    A token counts below ``/api/`` alone, and there before the session, as for the API itself.
    """
    headers = dict(scope["headers"])
    if scope["path"].startswith("/api/"):
        kind, _space, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        if kind.lower() == "bearer":
            return _well_formed("token", token.strip(), token.strip().startswith(PREFIX))
    session = parse_cookie(headers.get(b"cookie", b"").decode("latin-1")).get(
        settings.SESSION_COOKIE_NAME, ""
    )
    return _well_formed("session", session, session.isalnum())


def is_token(credential: str) -> bool:
    return credential.startswith("token ")


def _well_formed(kind: str, secret: str, is_well_formed: bool) -> str | None:
    return f"{kind} {secret}" if is_well_formed and len(secret) < MAX_CREDENTIAL_LENGTH else None


def _person_of_token(secret: str) -> int | None:
    token = find_token(secret)
    return token.user_id if token and token.is_usable and token.user.is_active else None


def _person_of_session(key: str) -> int | None:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    person = get_user(request)
    return person.pk if person.is_authenticated else None


class CredentialCacheMiddleware:
    """Caches the credential of a signed-in person, so that admission of their next request needs no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        scope = getattr(request, "scope", None)  # None in tests without a server
        if scope is not None and request.user.is_authenticated:
            credential = credential_of(scope)
            if credential is not None:
                credential_cache.remember(credential, request.user.pk)
        return response
