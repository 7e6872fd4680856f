"""Answers that are given before Django's own middleware has a request, with the headers it would have set."""

import json
import logging
from functools import cache
from io import BytesIO
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.module_loading import import_string

from emotion_site.asgi_types import Scope, Send
from emotion_site.exceptions import UserError

logger = logging.getLogger(__name__)

# Those of settings.MIDDLEWARE that only say what a browser may do with an answer, in their order.
HEADERS = (
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "emotion_site.middleware.PageHeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
# What is read of a request that may be odd in every other way.
KEPT_HEADERS = {b"cookie", b"accept-language", b"host", b"x-forwarded-proto"}


async def answer_early(scope: Scope, send: Send, error: UserError) -> None:
    """Answer in the place of Django, as a page or in the shape of the API, and end the connection."""
    logger.warning("Refused a request early code=%s", error.code)
    await send_early(scope, send, early_response(_request_of(scope), error))


async def send_early(scope: Scope, send: Send, response: HttpResponse) -> None:
    """Send a response that Django did not make, and end the connection, which may not have been read."""
    response = with_headers(_request_of(scope), response)
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
    headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


def early_page(scope: Scope, error: UserError) -> HttpResponse:
    """An error as Django would send it, of a request that it could not even make."""
    request = _request_of(scope)
    return with_headers(request, early_response(request, error))


def raw_answer(error: UserError) -> bytes:
    """The same as bytes, for a connection whose request nobody could read or wants to."""
    return _raw_answer(error.status, error.code, str(error.detail), error.retry_after_s)


@cache
def _raw_answer(status: int, code: str, detail: str, retry_after_s: int | None) -> bytes:
    error = UserError(code, detail, status=status, retry_after_s=retry_after_s)
    response = early_page({"path": "/", "method": "GET", "headers": []}, error)
    response["Connection"] = "close"
    lines = [f"HTTP/1.1 {status} {response.reason_phrase}"]
    lines += [f"{name.lower()}: {value}" for name, value in response.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + response.content


def early_response(request: HttpRequest, error: UserError) -> HttpResponse:
    """What a page or a program is told, in the language that was chosen in this browser or by the browser.

    Nobody looks at the account this early.
    """
    with translation.override(translation.get_language_from_request(request)):
        if request.path.startswith("/api/"):
            body = json.dumps({"code": error.code, "detail": str(error.detail)})
            kind = "application/json"
        else:
            body = render_to_string(f"{error.status}.html", {"detail": error.detail})
            kind = "text/html; charset=utf-8"
    response = HttpResponse(body, status=error.status, content_type=kind)
    response["Content-Length"] = str(len(response.content))
    if error.retry_after_s:
        response["Retry-After"] = str(error.retry_after_s)
    return response


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
    return translation.get_language_from_request(_request_of(scope))


def _request_of(scope: Scope) -> ASGIRequest:
    """Enough of a request to ask for its language and its scheme, however odd the rest of it is."""
    headers = [(name, value) for name, value in scope["headers"] if name in KEPT_HEADERS]
    return ASGIRequest({**scope, "query_string": b"", "headers": headers}, BytesIO())
