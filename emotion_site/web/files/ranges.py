"""A file as an HTTP response, whole or the one requested range (RFC 9110, section 14)."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from emotion_site.exceptions import UserError
from emotion_site.web.error_pages import as_object

# Numbers that are longer than any file are no range, and Python would not even read them.
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# More than this is read while it is sent: a reader who is slow, or many, must not fill the memory.
SENT_AT_ONCE = 256 * 1024
PIECE = 64 * 1024


class Readable(Protocol):
    size: int

    def seek(self, offset: int, /) -> Any: ...
    def read(self, length: int, /) -> bytes: ...
    def close(self) -> None: ...


def ranged(request: HttpRequest, file: Readable, etag: str) -> HttpResponse | StreamingHttpResponse:
    """Closes the file, at once or when all is sent. 416 where the range starts after its end."""
    size = file.size
    # With If-Range a part is wanted only of the file that the client has begun to read.
    is_same = request.headers.get("If-Range", etag) == etag
    span = _requested_span(request, size) if is_same else None
    first, last = span or (0, size - 1)
    if first >= size or first > last:
        file.close()
        detail = _("The sound ends before the part that you asked for.")
        response: HttpResponse | StreamingHttpResponse
        response = as_object(UserError("range_not_satisfiable", detail, status=416))
        response["Content-Range"] = f"bytes */{size}"
        return response
    response = _piece(file, first, last - first + 1)
    if span is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def _requested_span(request: HttpRequest, size: int) -> tuple[int, int] | None:
    """First and last byte of the requested range, or None for the whole; several ranges get the whole."""
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


class _Pieces:
    """What is left to send of an open file, read piece by piece in another thread as it is sent."""

    def __init__(self, file: Readable, length: int) -> None:
        self._file, self._length = file, length
        # Django calls it at the end of the response, also when nothing was read.
        self.close = file.close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._length
        while left > 0 and (piece := await asyncio.to_thread(self._file.read, min(left, PIECE))):
            left -= len(piece)
            yield piece


def _piece(file: Readable, first: int, length: int) -> HttpResponse | StreamingHttpResponse:
    """So many bytes of the file from the byte ``first``; closes it."""
    file.seek(first)
    response: HttpResponse | StreamingHttpResponse
    if length > SENT_AT_ONCE:
        response = StreamingHttpResponse(_Pieces(file, length))
    else:
        with closing(file):
            response = HttpResponse(file.read(length))
    response["Content-Length"] = str(length)
    return response
