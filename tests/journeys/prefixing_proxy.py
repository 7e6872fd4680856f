"""A small reverse proxy that shows a site below a path of its own host, as nginx or Traefik do."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import ClientSession, DummyCookieJar, WSMsgType, web

HOP_BY_HOP = {"connection", "upgrade", "keep-alive", "transfer-encoding", "sec-websocket-extensions"}


class PrefixingProxy:
    """Forwards what lies below ``prefix`` to ``target``, with or without the prefix; notes what does not."""

    def __init__(self, target: str, prefix: str, *, keeps_prefix: bool) -> None:
        self.target, self.prefix, self.keeps_prefix = target, prefix, keeps_prefix
        self.astray: list[str] = []
        self.refused: list[str] = []
        self.sockets = 0
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path_qs
        if request.path != self.prefix and not request.path.startswith(f"{self.prefix}/"):
            self.astray.append(path)
            return web.Response(status=404, text="Nothing is here.")
        address = self.target + (path if self.keeps_prefix else path.removeprefix(self.prefix) or "/")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        headers["X-Forwarded-For"] = request.remote or ""
        headers["X-Forwarded-Proto"] = "http"
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request, address, headers)
        body = await request.read()
        async with self.session.request(
            request.method, address, headers=headers, data=body, allow_redirects=False
        ) as answer:
            if answer.status >= 404:
                self.refused.append(f"{answer.status} {request.method} {path}")
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
            response = web.Response(status=answer.status, body=await answer.read())
            response.headers.clear()
            for name, value in kept:
                response.headers.add(name, value)
            return response

    async def _socket(
        self, request: web.Request, address: str, headers: dict[str, str]
    ) -> web.WebSocketResponse:
        kept = {
            name: value for name, value in headers.items() if not name.lower().startswith("sec-websocket")
        }
        async with self.session.ws_connect(address, headers=kept) as inner:
            outer = web.WebSocketResponse()
            await outer.prepare(request)
            self.sockets += 1
            async for message in inner:
                if message.type == WSMsgType.TEXT:
                    await outer.send_str(message.data)
            await outer.close()
            return outer

    async def run(self, started: threading.Event, stop: asyncio.Event) -> None:
        # As they were sent: neither cookies nor compression are the proxy's.
        async with ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as self.session:
            app = web.Application(client_max_size=64 * 1024 * 1024)
            app.router.add_route("*", "/{path:.*}", self.handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            port = runner.addresses[0][1]
            self.url = f"http://localhost:{port}{self.prefix}/"
            started.set()
            await stop.wait()
            await runner.cleanup()


@contextmanager
def prefixing_proxy(target: str, prefix: str, *, keeps_prefix: bool) -> Iterator[PrefixingProxy]:
    """The proxy in a thread of its own; ``target`` is the site's address without a path."""
    proxy = PrefixingProxy(target, prefix, keeps_prefix=keeps_prefix)
    loop, stop, started = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=[proxy.run(started, stop)], daemon=True)
    thread.start()
    assert started.wait(30)
    yield proxy
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=30)
