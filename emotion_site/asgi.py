import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from emotion_site.body_limit import Receive, Scope, Send, limit_body
from emotion_site.character_set import require_readable_text
from emotion_site.socket_origin import require_readable_origin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emotion_site.settings.base")


# More requests than this at once wait for each other; most of them wait for a decoder anyway.
MAX_THREADS = 100
# What Django does in a thread before a request.
PREPARATIONS = (reset_queries, close_old_connections)


class ThreadHandler(ASGIHandler):
    """Runs all that is synchronous in a request in one of a few lasting threads.

    Middleware and views are synchronous here. Django's handler would step from the thread to the event loop
    and back between them, and would open a thread and with it a database connection for every request:
    several milliseconds of a request that should take twenty.
    """

    def __init__(self) -> None:
        super().__init__()
        self._idle: list[ThreadPoolExecutor] = []
        self._places = asyncio.Semaphore(MAX_THREADS)
        self._in_thread = sync_to_async(self._respond)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Last in, first out: a thread that has just worked has its connection and memory at hand.
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, thread_name_prefix="request")
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            if len(self._idle) < MAX_THREADS:
                self._idle.append(thread)
            else:
                thread.shutdown(wait=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        async with self._places:
            response: Any = await self._in_thread(request)
        return response

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        for prepare in PREPARATIONS:
            prepare()
        try:
            return self.get_response(request)
        finally:
            # Django does so when all is sent, and who reads slowly must not keep a connection until then.
            close_old_connections()


django.setup(set_prefix=False)
# Sent as a signal to the thread they would cost each request another step there and back.
for prepare in PREPARATIONS:
    request_started.disconnect(prepare)

# Both import models, which are there only now.
from channels.auth import AuthMiddlewareStack  # noqa: E402

from training.socket_urls import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": limit_body(require_readable_text(ThreadHandler())),
        # A page of another site must not listen with the cookies of ours.
        "websocket": require_readable_origin(
            AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
        ),
    }
)
