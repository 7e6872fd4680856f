"""Links that open an account lead to the site and to no other port of its machine."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class LinkPortMiddleware:
    """Django looks at the name in ``Host`` and believes any port; another server may listen there.

    So absolute addresses that a form makes, for a mail or to be passed on, carry the site's own port unless
    CSRF_TRUSTED_ORIGINS names the one that was asked for. Through a tunnel the pages work as ever.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and not request.path_info.startswith("/api/"):
            asked = urlsplit(f"//{request.get_host()}")
            if asked.port is not None and asked.port not in _known_ports(request):
                _lead_to_own_port(request, asked.netloc)
        return self.get_response(request)


def _known_ports(request: HttpRequest) -> set[int | None]:
    trusted = {urlsplit(origin).port for origin in settings.CSRF_TRUSTED_ORIGINS}
    return trusted | {443 if request.is_secure() else 80, _own_port(request)}


def _own_port(request: HttpRequest) -> int | None:
    """The port of the request; None behind a proxy, whose port is the default unless set."""
    port = request.META.get("SERVER_PORT", "")
    return int(port) if port.isdigit() and not settings.NUM_PROXIES else None


def _lead_to_own_port(request: HttpRequest, asked: str) -> None:
    as_asked, own = request.build_absolute_uri, _own_port(request)
    name = asked.rpartition(":")[0]
    place = name if own in (None, 443 if request.is_secure() else 80) else f"{name}:{own}"

    def build_absolute_uri(location: str | None = None) -> str:
        address = urlsplit(as_asked(location))
        return (address._replace(netloc=place) if address.netloc == asked else address).geturl()

    request.build_absolute_uri = build_absolute_uri  # type: ignore[method-assign]
