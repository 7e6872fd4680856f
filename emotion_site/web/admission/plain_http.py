"""A site that is reached over HTTPS takes no password, token or recording over anything less."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from emotion_site.exceptions import UserError
from emotion_site.web.error_pages import error_response

# What watches over the site asks it directly, and nothing secret is said there.
OPEN_PATHS = {"/health/"}


class PlainHttpMiddleware:
    """With ``HTTPS=1``, a page over plain HTTP leads to its address with TLS, and all else is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not settings.HTTPS or request.is_secure() or request.path_info in OPEN_PATHS:
            return self.get_response(request)
        is_page = request.method in ("GET", "HEAD") and not request.path_info.startswith("/api/")
        host, _colon, port = request.get_host().rpartition(":")
        # Behind a port of its own it is the site itself that is asked, which speaks no TLS.
        if is_page and not (host and port.isdigit()):
            return redirect(f"https://{request.get_host()}{request.get_full_path()}")
        detail = _("This site only works over HTTPS. Nothing was done; if you sent your password, change it.")
        return error_response(request, UserError("https_required", detail, status=403))
