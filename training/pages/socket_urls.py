"""Where browsers may open a WebSocket."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path, re_path

from training.pages.run_socket import RunConsumer


class NoSuchSocket(AsyncWebsocketConsumer):
    """Refuses politely what the router would otherwise crash over."""

    async def connect(self) -> None:
        await self.close()


# Django's routes are typed for views.
run_socket: Any = RunConsumer.as_asgi()
no_socket: Any = NoSuchSocket.as_asgi()

websocket_urlpatterns = [path("live/runs/<uuid:pk>/", run_socket), re_path(r"", no_socket)]
