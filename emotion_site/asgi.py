import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import sync_to_async
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from emotion_site.body_limit import limit_body
from emotion_site.character_set import require_readable_text

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emotion_site.settings.base")


# More requests than this at once wait for each other; most of them wait for a decoder anyway.
MAX_THREADS = 100
_threads = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="request")


class ThreadHandler(ASGIHandler):
    """Runs middleware and view of a request in one go, in one of a few lasting threads.

    Both are synchronous here. Django's handler would step from the thread to the event loop and back
    between them, and would open a thread and with it a database connection for every request: several
    milliseconds of a request that should take twenty.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        respond = sync_to_async(self._respond, thread_sensitive=False, executor=_threads)
        response: Any = await respond(request)
        return response

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            # The signal at the end of a request, which usually does this, comes from another thread.
            close_old_connections()


django.setup(set_prefix=False)

# Both import models, which are there only now.
from channels.auth import AuthMiddlewareStack  # noqa: E402

from training.socket_urls import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": limit_body(require_readable_text(ThreadHandler())),
        # A page of another site must not listen with the cookies of ours.
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
