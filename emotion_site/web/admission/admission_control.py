"""Admission control: receive a body only from an authenticated client, within its share of the spool.

Session, token and CSRF protection are checked in the headers. A request that these alone refuse goes to
Django without its body, and Django responds as usual.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError, close_old_connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.functional import Promise
from rest_framework.authentication import CSRFCheck
from rest_framework.exceptions import NotAuthenticated

from emotion_site.exceptions import UserError, busy, unavailable
from emotion_site.serving.connections.open_connections import ConnectionState
from emotion_site.web.admission.body_limit import BodyRefused, limit_bytes, require_content_length_within
from emotion_site.web.admission.client_identity import (
    ClientIdentity,
    cached_identity,
    credential_of,
    find_person,
    is_token,
)
from emotion_site.web.admission.early_responses import early_page, request_of, send_early, with_headers
from emotion_site.web.admission.fair_semaphore import FairSemaphore, TooManyWaiting, limit_concurrency
from emotion_site.web.admission.spool import Spool
from emotion_site.web.asgi_types import AsgiApp, Message, Receive, Scope, Send

# Anonymous clients send a password or a passkey.
MAX_ANONYMOUS_BODY_BYTES = 64 * 1024
LOOKUPS_AT_ONCE = 2
# So many threads handle anonymous requests; the others are kept for those who are signed in. They are few
# because Python runs one at a time: each busy thread slows the event loop and all other requests.
ANONYMOUS_AT_ONCE = 2
BODY_HEADERS = {b"content-type", b"content-length", b"transfer-encoding"}


def control_admission(app: AsgiApp) -> AsgiApp:
    """Wrap an ASGI application: it receives bodies of authenticated clients, small ones of others."""
    control = _AdmissionControl(app)

    async def controlled(scope: Scope, receive: Receive, send: Send) -> None:
        await (control if scope["type"] == "http" else app)(scope, receive, send)

    return controlled


class _AdmissionControl:
    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._spool = Spool()
        self._lookups = FairSemaphore(LOOKUPS_AT_ONCE)
        self._anonymous = FairSemaphore(ANONYMOUS_AT_ONCE)
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="admission")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client, has_body = cached_identity(scope), _has_body(scope)
        try:
            if has_body:
                client = await self._identify(scope, client)
            if client.person is None:
                await self._admit_anonymous(scope, receive, send, client, has_body=has_body)
                return
        except TooManyWaiting:
            raise BodyRefused(busy()) from None
        if "slot" in scope:
            scope["slot"].state = ConnectionState.ACTIVE
        if not has_body:
            await self._app(scope, receive, send)
        elif _is_forged(scope):
            await self._app(scope, _no_body(), _closing(send))
        else:
            with self._spool.counted(client.key, receive) as counted:
                await self._app(scope, counted, send)

    async def _identify(self, scope: Scope, client: ClientIdentity) -> ClientIdentity:
        credential = credential_of(scope)
        if client.person is not None or credential is None:
            return client
        loop = asyncio.get_running_loop()
        async with self._lookups.of(client.address):
            try:
                person = await loop.run_in_executor(self._threads, _find_person_in_thread, credential)
            except DatabaseError as error:
                raise BodyRefused(unavailable(error) or busy()) from error
        return replace(client, person=person)

    async def _admit_anonymous(
        self, scope: Scope, receive: Receive, send: Send, client: ClientIdentity, *, has_body: bool
    ) -> None:
        path = scope["path"]
        is_api = path.startswith("/api/")
        has_credential = is_api and (credential_of(scope) or b"authorization" in dict(scope["headers"]))
        if has_body and path in settings.UPLOAD_PATHS and not has_credential:
            await send_early(send, _sign_in_first(scope))
            return
        if has_body and is_api:
            # Django reports what is wrong with the token or the path.
            receive, send = _no_body(), _closing(send)
        elif has_body:
            require_content_length_within(scope, MAX_ANONYMOUS_BODY_BYTES)
            receive = limit_bytes(receive, scope, MAX_ANONYMOUS_BODY_BYTES)
        app = limit_concurrency(self._app, self._anonymous, client.address)
        if not has_body:
            await app(scope, receive, send)
            return
        with self._spool.counted(client.key, receive) as counted:
            await app(scope, counted, send)


def _sign_in_first(scope: Scope) -> HttpResponse:
    """The response to an upload without any credential, the same as Django's."""
    if not scope["path"].startswith("/api/"):
        back = settings.URL_PREFIX + scope["path"]
        return with_headers(request_of(scope), redirect_to_login(back, resolve_url(settings.LOGIN_URL)))
    # Still lazy: its language depends on the request.
    detail = cast(Promise, NotAuthenticated.default_detail)
    error = UserError("not_authenticated", detail, status=NotAuthenticated.status_code)
    response = early_page(scope, error)
    response["WWW-Authenticate"] = "Bearer"
    return response


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _is_forged(scope: Scope) -> bool:
    """Whether the headers alone show a cross-site request; a token in a form is checked by Django."""
    if is_token(credential_of(scope) or ""):
        return False
    headers = [(name, value) for name, value in scope["headers"] if name not in BODY_HEADERS]
    request: Any = ASGIRequest({**scope, "query_string": b"", "headers": headers}, BytesIO())
    check = CSRFCheck(_nothing)
    check.process_request(request)
    # The form's token has not arrived yet, so only the origin is checked.
    request.META.setdefault("HTTP_X_CSRFTOKEN", request.META.get("CSRF_COOKIE", ""))
    return check.process_view(request, _nothing, (), {}) is not None


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _closing(send: Send) -> Send:
    """``send`` that closes the connection after the response, since the body was not read."""

    async def send_and_close(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return send_and_close


def _no_body() -> Receive:
    has_been_read = False

    async def receive() -> Message:
        nonlocal has_been_read
        if has_been_read:
            # Only a disconnect could follow, and nothing waits for it once there is a response.
            await asyncio.Event().wait()
        has_been_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


def _find_person_in_thread(credential: str) -> int | None:
    close_old_connections()
    try:
        return find_person(credential)
    finally:
        close_old_connections()
