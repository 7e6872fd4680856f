from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from emotion_site.models import ApiToken, User
from emotion_site.tokens import find_token, note_use


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer <token>`` with a personal token."""

    keyword = "bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        parts = authentication.get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != self.keyword:
            return None
        token = find_token(parts[1]) if len(parts) == 2 else None
        if token is None or not token.user.is_active:
            raise exceptions.AuthenticationFailed(
                _("This token is not known. Make a new one."), "token_unknown"
            )
        if token.revoked_at is not None:
            raise exceptions.AuthenticationFailed(
                _("This token was revoked. Make a new one."), "token_revoked"
            )
        if not token.is_usable:
            raise exceptions.AuthenticationFailed(
                _("This token has expired. Make a new one."), "token_expired"
            )
        note_use(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(authentication.SessionAuthentication):
    """The site's own sign-in. Names a challenge, so that strangers get 401 and not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
