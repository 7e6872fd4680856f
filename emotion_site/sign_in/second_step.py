"""Sends people without a second factor to its set-up, where ``REQUIRE_MFA`` requires one."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext as _

from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import lacks_second_step

SET_UP = "mfa_index"
# Where a second step is set up, and what nobody may be kept from.
OPEN_PREFIXES = ("account_", "mfa_", "usersessions_")
OPEN_PAGES = {
    "emotion_site:preferences",
    "emotion_site:dismiss_notice",
    "health",
    "favicon",
    "javascript_catalog",
}


class SecondStepMiddleware:
    """Redirects every other page to the set-up while a person lacks the second factor.

    The API has its own check (``require_second_step``, and roles that give no power).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        if settings.REQUIRE_MFA == "none" or not request.user.is_authenticated or _is_open(request):
            return None
        if not lacks_second_step(request.user):
            return None
        if request.headers.get("HX-Request"):
            # A part of a page cannot be led elsewhere, but htmx takes the whole page along.
            return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": resolve_url(SET_UP)})
        return redirect(SET_UP)


def require_second_step(user: User) -> None:
    """For programs, where everybody must have one. Raises UserError ``second_step_required`` with 403."""
    if settings.REQUIRE_MFA == "all" and lacks_second_step(user):
        raise UserError(
            "second_step_required",
            _("This site asks for a second step of sign-in. Set it up on your account page first."),
            status=403,
        )


def _is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None or match.namespaces[:1] == ["api"]:
        return True
    return match.view_name in OPEN_PAGES or match.view_name.startswith(OPEN_PREFIXES)
