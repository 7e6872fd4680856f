import logging
from collections.abc import Callable
from http import HTTPStatus

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

from emotion_site.exceptions import severity, unavailable, unreadable
from emotion_site.web.error_pages import error_response

logger = logging.getLogger(__name__)
GetResponse = Callable[[HttpRequest], HttpResponse]

SEEN_EVERY_S = 300
# Of what a browser could offer, the pages use the microphone and passkeys.
PERMISSIONS_POLICY = (
    "microphone=(self), publickey-credentials-create=(self), publickey-credentials-get=(self), "
    "camera=(), display-capture=(), geolocation=(), payment=(), usb=()"
)


class PreferencesMiddleware:
    """Speak the language that a person chose: on their account, in a cookie, or in their browser."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "") or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        known = dict(settings.LANGUAGES)
        language = chosen if chosen in known else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # as LocaleMiddleware does
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        return response


class PageHeadersMiddleware:
    """What a browser may do with a page beside showing it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Nothing of a person is to be read by the next one at the same machine with the button for "back".
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class LastSeenMiddleware:
    """Note when a session was last used.

    allauth's own middleware writes on every request; on SQLite each such write would hold up all others.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        if key and request.user.is_authenticated and cache.add(f"seen:{key}", True, SEEN_EVERY_S):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)


class ButtonAddressMiddleware:
    """Redirect a GET of a button's address, as after signing in again, back to its page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED or not is_page:
            return response
        messages.info(request, _("Your last action was not carried out. Please try it again."))
        return redirect(settings.LOGIN_REDIRECT_URL)


class OutageMiddleware:
    """Respond with a sentence, not a crash, when the database is locked or away, or the disk is full.

    The same goes for text that the database refuses.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        outage = unavailable(exception) or unreadable(exception)
        if outage is None:
            return None
        # The route and not the path, because the path of a one-time link is a secret.
        route = request.resolver_match.route if request.resolver_match else ""
        logger.log(severity(outage), "Not answered route=%s code=%s reason=%s", route, outage.code, exception)
        return error_response(request, outage)
