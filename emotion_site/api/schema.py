"""The parts of the OpenAPI schema common to all operations: authentication and error responses."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse

from emotion_site.api.serializers import ErrorSerializer

ALWAYS = {
    401: "Not signed in, or the token is unknown, expired or revoked",
    403: "You may not do this",
    429: "Too many requests; see Retry-After",
    503: "The site is busy; see Retry-After",
}
NAMES_SOMETHING = {404: "There is nothing here, or it is not yours"}
SENDS_SOMETHING = {
    400: "Something that was sent cannot be used",
    413: "That is too much data",
    415: "This kind of data is not understood",
}


class Schema(AutoSchema):
    """Adds the refusals that an operation of its kind shares with others; its own words for them stay."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for code, description in self._refusals().items():
            error = OpenApiResponse(ErrorSerializer, description)
            bodies.setdefault(str(code), self._get_response_for_code(error, str(code), direction=direction))
        return dict(sorted(bodies.items()))

    def _refusals(self) -> dict[int, str]:
        refusals = dict(ALWAYS)
        # A cursor may be wrong as well, or a task's name.
        if "{" in self.path or self.method == "GET":
            refusals |= NAMES_SOMETHING
        if self._get_request_body():
            refusals |= SENDS_SOMETHING
        return refusals


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "emotion_site.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "emotion_site.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
