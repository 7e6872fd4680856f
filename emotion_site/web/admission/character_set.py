"""Refuse a request in an unsupported character set before Django parses it.

Python also counts as a character set what no text is written in, such as hex, and Django crashes over it
as soon as it looks for the fields of the request.
"""

import codecs

from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy

from emotion_site.exceptions import UserError
from emotion_site.web.admission.early_responses import refuse_early
from emotion_site.web.asgi_types import AsgiApp, Receive, Scope, Send

# What browsers and programs send, by the names that Python gives them.
READABLE = {"utf-8", "ascii", "iso8859-1", "cp1252"}


def require_readable_text(app: AsgiApp) -> AsgiApp:
    """Wrap an ASGI application: other character sets than ``READABLE`` are refused with 400."""

    async def readable(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_readable(scope):
            await app(scope, receive, send)
            return
        detail = gettext_lazy("This character set is not understood. Send text as UTF-8.")
        await refuse_early(scope, send, UserError("unknown_charset", detail))

    return readable


def _is_readable(scope: Scope) -> bool:
    header = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
    if "charset" not in header.lower() and "*" not in header:
        # Python's parser takes a third of a millisecond, which nearly every upload is spared.
        return True
    try:
        charset = parse_header_parameters(header)[1].get("charset")
    except ValueError:
        return False
    if charset is None:
        return True
    try:
        return codecs.lookup(charset).name in READABLE
    except (LookupError, ValueError):
        # Unknown to Python as well: Django passes it over and reads UTF-8.
        return True
