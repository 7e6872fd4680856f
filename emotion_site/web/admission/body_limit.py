"""Refuse a request body that is too large or too slow before it has been read to its end.

Django itself receives the whole body before the first line of a view runs, so the limit has to
stand in front of it.
"""

import asyncio

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from emotion_site.exceptions import UserError, unavailable
from emotion_site.web.admission.early_responses import language_of, refuse_early
from emotion_site.web.asgi_types import AsgiApp, Message, Receive, Scope, Send

# A client that announces a body has it ready.
FIRST_BYTE_TIMEOUT_S = 5.0
# Added to the time for what has arrived, for a connection that stalls for a moment.
GRACE_S = 15.0
# A body may begin slowly; the minimum rate grows over the first minute.
INITIAL_MIN_BYTES_PER_S = 8 * 1024
FINAL_MIN_BYTES_PER_S = 32 * 1024
RATE_GROWS_FOR_S = 60.0


class BodyRefused(Exception):
    """The rest of a body is not read. Raised while receiving it, handled by ``limit_body``."""

    def __init__(self, error: UserError) -> None:
        super().__init__(error.code)
        self.error = error


def limit_body(app: AsgiApp) -> AsgiApp:
    """Wrap an ASGI application: large bodies are refused with 413, slow ones with 408.

    ``MAX_BODY_BYTES`` are for the paths that take recordings; a form elsewhere is far smaller.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        try:
            limit = limit_of(scope["path"])
            require_content_length_within(scope, limit)
            await app(scope, _timed(limit_bytes(receive, scope, limit)), send)
        except BodyRefused as refusal:
            await refuse_early(scope, send, refusal.error)
        except OSError as error:
            # A large body waits on the disk for its view, and the disk may be full.
            if (outage := unavailable(error)) is None:
                raise
            await refuse_early(scope, send, outage)

    return limited


def limit_of(path: str) -> int:
    limit: int = settings.MAX_BODY_BYTES if path in settings.UPLOAD_PATHS else settings.MAX_FORM_BYTES
    return limit


def require_content_length_within(scope: Scope, limit: int) -> None:
    """Raises BodyRefused when the Content-Length header is over the limit."""
    if content_length(scope) > limit:
        raise _too_large(scope, limit)


def limit_bytes(receive: Receive, scope: Scope, limit: int) -> Receive:
    """``receive`` that raises BodyRefused when more bytes than the limit arrive, whatever the header said."""
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise _too_large(scope, limit)
        return message

    return counted


def content_length(scope: Scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


def _timed(receive: Receive) -> Receive:
    """``receive`` that raises BodyRefused when a body does not begin in time, or arrives too slowly."""
    clock = asyncio.get_running_loop().time
    received, started, is_whole = 0, 0.0, False

    async def timed() -> Message:
        nonlocal received, started, is_whole
        if is_whole:
            # A further call waits for the client to leave, however long the response takes.
            return await receive()
        # Not sooner: the first of these tells a client that waits for it (Expect: 100-continue) to go on.
        started = started or clock()
        allowed_s = GRACE_S + seconds_for(received) if received else FIRST_BYTE_TIMEOUT_S
        try:
            async with asyncio.timeout_at(started + allowed_s):
                message = await receive()
        except TimeoutError:
            raise BodyRefused(_too_slow()) from None
        received += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        return message

    return timed


def seconds_for(received: int) -> float:
    """How long so many bytes may take: the minimum rate grows linearly from the initial to the final one."""
    growth = (FINAL_MIN_BYTES_PER_S - INITIAL_MIN_BYTES_PER_S) / RATE_GROWS_FOR_S / 2
    while_growing = INITIAL_MIN_BYTES_PER_S * RATE_GROWS_FOR_S + growth * RATE_GROWS_FOR_S**2
    if received >= while_growing:
        return RATE_GROWS_FOR_S + (received - while_growing) / FINAL_MIN_BYTES_PER_S
    # received = INITIAL * t + growth * t^2, solved for t
    root = (INITIAL_MIN_BYTES_PER_S**2 + 4 * growth * received) ** 0.5
    return float((root - INITIAL_MIN_BYTES_PER_S) / (2 * growth))


def _too_slow() -> UserError:
    detail = gettext_lazy("Your data arrived too slowly. Try again with a better connection.")
    return UserError("too_slow", detail, status=408)


def _too_large(scope: Scope, limit: int) -> BodyRefused:
    detail: str | Promise
    if limit == settings.MAX_BODY_BYTES:
        megabytes = settings.CLIP_MAX_BYTES // (1024 * 1024)
        with translation.override(language_of(scope)):
            detail = gettext("The file is larger than %(megabytes)s MB. Send a shorter recording.")
            detail %= {"megabytes": megabytes}
    else:
        detail = gettext_lazy("That is too much data for this page. Send less.")
    return BodyRefused(UserError("too_large", detail, status=413))
