"""Responses sent before Django's own middleware has a request, with the headers it would have set."""

import asyncio
import json
import logging
from functools import cache, lru_cache
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import set_script_prefix
from django.utils import translation
from django.utils.module_loading import import_string

from emotion_site.exceptions import UserError
from emotion_site.web.asgi_types import Scope, Send

logger = logging.getLogger(__name__)

# Those of settings.MIDDLEWARE that only say what a browser may do with a response, in their order.
HEADERS = (
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "emotion_site.web.middleware.PageHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
# A program that is told at once that the site is busy asks again at once, and keeps it so.
BUSY_RESPONSE_AFTER_S = 1.0
# What is read of a request that may be odd in every other way.
KEPT_HEADERS = {b"cookie", b"accept-language", b"host", b"x-forwarded-proto"}


async def refuse_early(scope: Scope, send: Send, error: UserError) -> None:
    """Send an error in the place of Django, as a page or in the shape of the API, and end the connection."""
    logger.warning("Refused a request early code=%s", error.code)
    if error.retry_after_s:
        await asyncio.sleep(BUSY_RESPONSE_AFTER_S)
    await send_early(send, early_page(scope, error))


async def send_early(send: Send, response: HttpResponse) -> None:
    """Send a response that Django did not make, and end the connection, which may not have been read."""
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


def early_page(scope: Scope, error: UserError) -> HttpResponse:
    """An error as Django would send it, in the language that was chosen in this browser or by the browser.

    Nobody looks at the account this early.
    """
    request = request_of(scope)
    language = translation.get_language_from_request(request)
    with translation.override(language):
        body, headers = _page(
            language,
            scope["path"].removeprefix(settings.URL_PREFIX).startswith("/api/"),
            request.is_secure(),
            error.status,
            error.code,
            str(error.detail),
        )
    response = HttpResponse(body, status=error.status, headers=headers)
    if error.retry_after_s:
        response["Retry-After"] = str(error.retry_after_s)
    return response


@lru_cache(maxsize=256)
def _page(
    language: str, is_api: bool, is_secure: bool, status: int, code: str, detail: str
) -> tuple[bytes, dict[str, str]]:
    """Rendered once, because a refused client may retry often."""
    # A connection whose request nobody could read never came to where this is done for all others.
    set_script_prefix(f"{settings.URL_PREFIX}/")
    if is_api:
        kind, body = "application/json", json.dumps({"code": code, "detail": detail})
    else:
        kind, body = "text/html; charset=utf-8", render_to_string(f"{status}.html", {"detail": detail})
    response = HttpResponse(body, status=status, content_type=kind)
    response["Content-Length"] = str(len(response.content))
    scope = {"path": "/", "method": "GET", "headers": [], "scheme": "https" if is_secure else "http"}
    response = with_headers(request_of(scope), response)
    return response.content, dict(response.items())


def raw_error_response(error: UserError) -> bytes:
    """The same as bytes, for a connection whose request was unreadable or is left unread."""
    response = early_page({"path": "/", "method": "GET", "headers": []}, error)
    lines = [f"HTTP/1.1 {error.status} {response.reason_phrase}", "connection: close"]
    lines += [f"{name.lower()}: {value}" for name, value in response.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + response.content


def with_headers(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response as it would have left Django's middleware."""

    def get_response(_request: HttpRequest) -> HttpResponse:
        return response

    for middleware in _header_middleware():
        get_response = middleware(get_response)
    return get_response(request)


@cache
def _header_middleware() -> list[Any]:
    """From the inside to the outside. Imported late, because some need the models."""
    return [import_string(name) for name in reversed(HEADERS)]


def language_of(scope: Scope) -> str:
    return translation.get_language_from_request(request_of(scope))


def request_of(scope: Scope) -> ASGIRequest:
    """A minimal request that gives language and scheme, however malformed the rest is."""
    headers = [(name, value) for name, value in scope["headers"] if name in KEPT_HEADERS]
    return ASGIRequest({**scope, "query_string": b"", "headers": headers}, BytesIO())
