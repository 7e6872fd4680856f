from typing import TYPE_CHECKING, cast

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from emotion_site.api.throttling import AddressThrottle
from emotion_site.models import ApiToken, User
from emotion_site.sign_in.second_step import require_second_step
from emotion_site.sign_in.tokens import find_token, note_use

if TYPE_CHECKING:
    from rest_framework.views import APIView


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer <token>`` with a personal token."""

    keyword = "bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = authentication.get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != self.keyword:
            return None
        token = find_token(parts[1]) if len(parts) == 2 else None
        if token is None or not token.user.is_active:
            raise _refusal(request, _("This token is not known. Make a new one."), "token_unknown")
        if token.revoked_at is not None:
            raise _refusal(request, _("This token was revoked. Make a new one."), "token_revoked")
        if not token.is_usable:
            raise _refusal(request, _("This token has expired. Make a new one."), "token_expired")
        require_second_step(token.user)
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _refusal(request: Request, detail: str | Promise, code: str) -> exceptions.APIException:
    """DRF counts only requests whose sender it knows, so those who try tokens out are counted here."""
    throttle = AddressThrottle()
    if not throttle.allow_request(request, cast("APIView", None)):
        return exceptions.Throttled(throttle.wait())
    return exceptions.AuthenticationFailed(str(detail), code)


class SessionAuthentication(authentication.SessionAuthentication):
    """The site's own sign-in. Names a challenge, so that anonymous requests get 401 and not 403."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found: tuple[User, None] | None = super().authenticate(request)
        if found is not None:
            require_second_step(found[0])
        return found

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
