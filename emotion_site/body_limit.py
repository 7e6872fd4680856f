"""Refuse a request body that is too large or too slow before it has been read to its end.

Django itself receives the whole body before the first line of a view runs, so the limit has to
stand in front of it.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from emotion_site.exceptions import UserError, unavailable

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

# A body may take this long, and a second more for every so many bytes of it that have come.
PATIENCE_S = 30.0
LEAST_BYTES_PER_SECOND = 8 * 1024


class BodyTooLarge(Exception):
    """The client sent more than the limit although its header did not say so."""


class BodyTooSlow(Exception):
    """The client sends so little that it would keep its place for ever."""


def limit_body(app: AsgiApp) -> AsgiApp:
    """Wrap an ASGI application: large bodies are answered with 413, slow ones with 408.

    ``MAX_BODY_BYTES`` are for the paths that take recordings; a form elsewhere is far smaller.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        limit = _limit_of(scope["path"])
        if _announced_length(scope) > limit:
            await _refuse(scope, send, limit)
            return
        try:
            await app(scope, _guarded(receive, limit), send)
        except BodyTooLarge:
            await _refuse(scope, send, limit)
        except BodyTooSlow:
            detail = gettext_lazy("Your data arrived too slowly. Try again with a better connection.")
            await answer_early(scope, send, UserError("too_slow", detail, status=408))
        except OSError as error:
            # A large body waits on the disk for its view, and the disk may be full.
            if (outage := unavailable(error)) is None:
                raise
            await answer_early(scope, send, outage)

    return limited


def _limit_of(path: str) -> int:
    limit: int = settings.MAX_BODY_BYTES if path in settings.UPLOAD_PATHS else settings.MAX_FORM_BYTES
    return limit


def _guarded(receive: Receive, limit: int) -> Receive:
    """``receive`` that raises BodyTooLarge or BodyTooSlow while a body arrives."""
    started = asyncio.get_running_loop().time()
    received, is_whole = 0, False

    async def guarded() -> Message:
        nonlocal received, is_whole
        if is_whole:
            # Whoever asks on waits for the client to leave, however long the answer takes.
            return await receive()
        deadline = started + PATIENCE_S + received / LEAST_BYTES_PER_SECOND
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise BodyTooSlow from None
        received += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if received > limit:
            raise BodyTooLarge
        return message

    return guarded


def _announced_length(scope: Scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


async def _refuse(scope: Scope, send: Send, limit: int) -> None:
    detail: str | Promise
    if limit == settings.MAX_BODY_BYTES:
        megabytes = settings.CLIP_MAX_BYTES // (1024 * 1024)
        with translation.override(_language_of(scope)):
            detail = gettext("The file is larger than %(megabytes)s MB. Send a shorter recording.")
            detail %= {"megabytes": megabytes}
    else:
        detail = gettext_lazy("That is too much data for this page. Send less of it.")
    await answer_early(scope, send, UserError("too_large", detail, status=413))


async def answer_early(scope: Scope, send: Send, error: UserError) -> None:
    """Answer in the place of Django, as a page or in the shape of the API."""
    logger.warning("Refused a request early code=%s", error.code)
    with translation.override(_language_of(scope)):
        if scope["path"].startswith("/api/"):
            kind, body = b"application/json", json.dumps({"code": error.code, "detail": str(error.detail)})
        else:
            page = render_to_string(f"{error.status}.html", {"detail": error.detail})
            kind, body = b"text/html; charset=utf-8", page
    headers = [(b"content-type", kind), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})


def _language_of(scope: Scope) -> str:
    """What a person chose in this browser, or the browser itself; nobody looks at the account this early."""
    kept = [(name, value) for name, value in scope["headers"] if name in (b"cookie", b"accept-language")]
    return translation.get_language_from_request(ASGIRequest({**scope, "headers": kept}, BytesIO()))
