"""The path below which a proxy shows the site: ``URL_PREFIX``, such as ``/emotion``.

A proxy may cut the prefix off or leave it; both work, and so does asking the site itself without it.
"""

from collections.abc import Iterator

from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, set_script_prefix

from emotion_site.web.asgi_types import AsgiApp, Receive, Scope, Send


def cut_prefix(app: AsgiApp) -> AsgiApp:
    """Wrap an ASGI application that knows its own paths alone; what it links to begins with the prefix."""

    async def cut(scope: Scope, receive: Receive, send: Send) -> None:
        prefix: str = settings.URL_PREFIX
        if prefix and "path" in scope:
            set_script_prefix(f"{prefix}/")
            if scope["path"] == prefix or scope["path"].startswith(f"{prefix}/"):
                scope = {**scope, "path": scope["path"].removeprefix(prefix) or "/"}
        await app(scope, receive, send)

    return cut


def add_prefix(app: AsgiApp) -> AsgiApp:
    """Wrap Django, which expects full paths, beginning with ``FORCE_SCRIPT_NAME``: put the prefix back."""

    async def added(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path": settings.URL_PREFIX + scope["path"]}, receive, send)

    return added


def own_names() -> set[str]:
    """The first segments of the site's own paths, which a prefix must not equal."""
    return {name for name in _beginnings(get_resolver().url_patterns) if name.isidentifier()}


def _beginnings(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        route = str(pattern.pattern)
        if not route and isinstance(pattern, URLResolver):
            yield from _beginnings(pattern.url_patterns)
        yield route.partition("/")[0]
