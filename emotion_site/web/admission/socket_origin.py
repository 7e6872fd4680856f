"""Refuse a WebSocket whose ``Origin`` is no address; channels would crash over it."""

from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier

from emotion_site.web.asgi_types import AsgiApp, Receive, Scope, Send


def require_readable_origin(app: AsgiApp) -> AsgiApp:
    """Wrap an ASGI application for WebSockets: an unreadable Origin is refused with 403."""

    async def readable(scope: Scope, receive: Receive, send: Send) -> None:
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        await (app if all(map(_is_readable, origins)) else WebsocketDenier())(scope, receive, send)

    return readable


def _is_readable(origin: str) -> bool:
    try:
        _port = urlsplit(origin).port
    except ValueError:
        return False
    return True
