import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from emotion_site.web.admission.body_limit import limit_body
from emotion_site.web.admission.character_set import require_readable_text
from emotion_site.web.admission.early_responses import early_page
from emotion_site.web.admission.socket_origin import require_readable_origin
from emotion_site.web.admission.spool import BodyFile
from emotion_site.web.admission.thread_pool import MAX_THREADS, PooledThread
from emotion_site.web.asgi_types import Receive, Scope, Send
from emotion_site.web.error_pages import unreadable_request
from emotion_site.web.url_prefix import add_prefix, cut_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emotion_site.settings.base")


# A body that is here is as long as it is.
LENGTH_HEADERS = {b"content-length", b"transfer-encoding"}
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
        self._slots = asyncio.Semaphore(MAX_THREADS)
        self._in_thread = sync_to_async(self._respond)

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        thread = PooledThread(self._idle)
        try:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, send)
        finally:
            thread.give_back()

    async def read_body(self, receive: Receive) -> BodyFile:
        body = BodyFile()
        try:
            more = True
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestAborted
                body.write(message.get("body", b""))
                more = message.get("more_body", False)
        except BaseException:
            body.close()
            raise
        body.seek(0)
        return body

    def create_request(
        self, scope: Mapping[str, Any], body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        """A request with a Content-Length, without which Django and the API's parsers assume no body.

        Programs and proxies may send it in pieces without saying so (Transfer-Encoding: chunked).
        """
        length = body_file.seek(0, os.SEEK_END)
        body_file.seek(0)
        headers = [(name, value) for name, value in scope["headers"] if name not in LENGTH_HEADERS]
        if length or len(headers) < len(scope["headers"]):
            headers.append((b"content-length", str(length).encode()))
        request, _refusal = super().create_request({**scope, "headers": headers}, body_file)
        if request is None:
            return None, early_page(dict(scope), unreadable_request())
        return request, None

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        async with self._slots:
            response: HttpResponseBase = await self._in_thread(request)
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

# These import models, which are there only now.
from channels.auth import AuthMiddlewareStack  # noqa: E402

from emotion_site.web.admission.admission_control import control_admission  # noqa: E402
from training.pages.socket_urls import websocket_urlpatterns  # noqa: E402

application = cut_prefix(
    ProtocolTypeRouter(
        {
            "http": limit_body(require_readable_text(control_admission(add_prefix(ThreadHandler())))),
            # A page of another site must not listen with the cookies of ours.
            "websocket": require_readable_origin(
                AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
            ),
        }
    )
)
