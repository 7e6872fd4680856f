import math
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from emotion_site.exceptions import UserError

if TYPE_CHECKING:
    from rest_framework.views import APIView


class UserThrottle(SimpleRateThrottle):
    """So many requests per person."""

    scope = "user"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not request.user.is_authenticated:
            return None
        return self.cache_format % {"scope": self.scope, "ident": request.user.pk}


class AddressThrottle(SimpleRateThrottle):
    """So many requests per network address, for all who sign in from there together."""

    scope = "address"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class ReviewThrottle(UserThrottle):
    """For those who review: a quick reviewer asks for several things a second, clip after clip."""

    scope = "review"


def count_like_api(request: HttpRequest) -> None:
    """Count something that a page does as one request to the API, so that the page is no way around it.

    Raises UserError ``throttled`` with 429 when there were too many.
    """
    # The throttles ask only for what both kinds of request have, user and address, and for no view.
    asked, view = cast(Request, request), cast("APIView", None)
    for throttle in (UserThrottle(), AddressThrottle()):
        if not throttle.allow_request(asked, view):
            raise UserError(
                "throttled",
                _("That was a lot at once. Wait a minute, then send the rest."),
                status=429,
                retry_after_s=math.ceil(throttle.wait() or 1),
            )
