"""Receive a body only of somebody who is known, and keep no more of it than is their share.

Session, token and CSRF protection are looked at in the headers. Whoever these alone refuse is answered by
Django as ever, which is given the request without its body.
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
from emotion_site.serving.connections.open_connections import Standing
from emotion_site.web.admission.body_limit import BodyRefused, require_announced_within, within
from emotion_site.web.admission.client_identity import Sender, credential_of, glance, is_by_token, look_up
from emotion_site.web.admission.early_responses import early_page, request_of, send_early, with_headers
from emotion_site.web.admission.fair_semaphore import TooManyWait, Turns, in_turn
from emotion_site.web.admission.spool import Spool
from emotion_site.web.asgi_types import AsgiApp, Message, Receive, Scope, Send

# What strangers send is a password or a passkey.
MAX_STRANGERS_BODY_BYTES = 64 * 1024
LOOK_UPS_AT_ONCE = 2
# Of all threads so many work for strangers; the others are kept for those who are signed in. They are few
# because Python runs one at a time: each that is busy makes the event loop and everybody else wait.
STRANGERS_AT_ONCE = 2
ABOUT_THE_BODY = {b"content-type", b"content-length", b"transfer-encoding"}


def know_sender_first(app: AsgiApp) -> AsgiApp:
    """Wrap an ASGI application: it finds the ``Sender`` in the scope, and bodies of strangers are small."""
    gate = _Gate(app)

    async def gated(scope: Scope, receive: Receive, send: Send) -> None:
        await (gate if scope["type"] == "http" else app)(scope, receive, send)

    return gated


class _Gate:
    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._spool = Spool()
        self._look_ups = Turns(LOOK_UPS_AT_ONCE)
        self._strangers = Turns(STRANGERS_AT_ONCE)
        self._threads = ThreadPoolExecutor(LOOK_UPS_AT_ONCE, thread_name_prefix="sender")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sender, has_body = glance(scope), _has_body(scope)
        try:
            if has_body:
                sender = await self._known(scope, sender)
            if sender.person is None:
                await self._pass_stranger(scope, receive, send, sender, has_body=has_body)
                return
        except TooManyWait:
            raise BodyRefused(busy()) from None
        if "place" in scope:
            scope["place"].standing = Standing.AT_WORK
        if not has_body:
            await self._app(scope, receive, send)
        elif _is_forged(scope):
            await self._app(scope, _no_body(), _closing(send))
        else:
            with self._spool.counted(sender.key, receive) as counted:
                await self._app(scope, counted, send)

    async def _known(self, scope: Scope, sender: Sender) -> Sender:
        credential = credential_of(scope)
        if sender.person is not None or credential is None:
            return sender
        loop = asyncio.get_running_loop()
        async with self._look_ups.of(sender.address):
            try:
                person = await loop.run_in_executor(self._threads, _look_up_in_thread, credential)
            except DatabaseError as error:
                raise BodyRefused(unavailable(error) or busy()) from error
        return replace(sender, person=person)

    async def _pass_stranger(
        self, scope: Scope, receive: Receive, send: Send, sender: Sender, *, has_body: bool
    ) -> None:
        path = scope["path"]
        is_api = path.startswith("/api/")
        names_somebody = is_api and (credential_of(scope) or b"authorization" in dict(scope["headers"]))
        if has_body and path in settings.UPLOAD_PATHS and not names_somebody:
            await send_early(send, _sign_in_first(scope))
            return
        if has_body and is_api:
            # What is wrong with a token, or with the address, is Django's to say.
            receive, send = _no_body(), _closing(send)
        elif has_body:
            require_announced_within(scope, MAX_STRANGERS_BODY_BYTES)
            receive = within(receive, scope, MAX_STRANGERS_BODY_BYTES)
        app = in_turn(self._app, self._strangers, sender.address)
        if not has_body:
            await app(scope, receive, send)
            return
        with self._spool.counted(sender.key, receive) as counted:
            await app(scope, counted, send)


def _sign_in_first(scope: Scope) -> HttpResponse:
    """What whoever brings a recording and nothing to be known by is told, as Django would tell them."""
    if not scope["path"].startswith("/api/"):
        back = settings.URL_PREFIX + scope["path"]
        return with_headers(request_of(scope), redirect_to_login(back, resolve_url(settings.LOGIN_URL)))
    # Not yet text: in which language it is said depends on the request.
    detail = cast(Promise, NotAuthenticated.default_detail)
    error = UserError("not_authenticated", detail, status=NotAuthenticated.status_code)
    response = early_page(scope, error)
    response["WWW-Authenticate"] = "Bearer"
    return response


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _is_forged(scope: Scope) -> bool:
    """Whether the headers show already that another site made this browser ask; a form has the rest."""
    if is_by_token(credential_of(scope) or ""):
        return False
    headers = [(name, value) for name, value in scope["headers"] if name not in ABOUT_THE_BODY]
    request: Any = ASGIRequest({**scope, "query_string": b"", "headers": headers}, BytesIO())
    check = CSRFCheck(_nothing)
    check.process_request(request)
    # What comes in a form cannot be seen yet, so only where it comes from is.
    request.META.setdefault("HTTP_X_CSRFTOKEN", request.META.get("CSRF_COOKIE", ""))
    return check.process_view(request, _nothing, (), {}) is not None


def _nothing(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def _closing(send: Send) -> Send:
    """``send`` that ends the connection, whose body is still to come."""

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
            # The end of the connection, which nobody waits for any longer once there is an answer.
            await asyncio.Event().wait()
        has_been_read = True
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


def _look_up_in_thread(credential: str) -> int | None:
    close_old_connections()
    try:
        return look_up(credential)
    finally:
        close_old_connections()
