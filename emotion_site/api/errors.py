"""Every error of the API has one shape: ``{"code", "detail"}``."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from emotion_site.exceptions import UserError, severity, unavailable, unreadable

logger = logging.getLogger(__name__)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turn what an API view raised into a response; None lets Django respond with 500."""
    request = context["request"]
    if (outage := unavailable(error) or unreadable(error)) is not None:
        logger.log(
            severity(outage), "Not answered path=%s code=%s reason=%s", request.path, outage.code, error
        )
        error = outage
    # Programs read errors as JSON, also where the response would have been something else.
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    if isinstance(error, UserError):
        response = _respond(error.status, error.code, str(error.detail), error.retry_after_s)
    elif isinstance(error, Http404 | exceptions.NotFound):
        response = _respond(404, "not_found", _("There is nothing here, or it is not yours."))
    elif isinstance(error, PermissionDenied):
        response = _respond(403, "permission_denied", _("You may not do this."))
    elif isinstance(error, RequestDataTooBig):
        response = _respond(413, "too_large", _("That is too much data. Only recordings may be large."))
    elif isinstance(error, SuspiciousOperation):
        response = _respond(400, "invalid", _("This request has too many parts, or malformed ones."))
    elif isinstance(error, exceptions.APIException):
        response = _respond_to_api_exception(error)
    else:
        return None
    set_rollback()
    return response


def _respond_to_api_exception(error: exceptions.APIException) -> Response:
    code = str(error.get_codes()) if isinstance(error.detail, str) else "invalid"
    retry_after_s = int(getattr(error, "wait", None) or 0) or None
    response = _respond(error.status_code, code, _sentence(error.detail), retry_after_s)
    challenge = getattr(error, "auth_header", None)
    if challenge and error.status_code == status.HTTP_401_UNAUTHORIZED:
        response["WWW-Authenticate"] = challenge
    return response


def _sentence(detail: Any) -> str:
    """One sentence out of the nested messages of a serializer."""
    if isinstance(detail, dict):
        parts = (
            _sentence(value) if key == "non_field_errors" else f"{key}: {_sentence(value)}"
            for key, value in detail.items()
        )
        return " ".join(parts)
    if isinstance(detail, list):
        return " ".join(_sentence(value) for value in detail)
    return str(detail)


def _respond(code_number: int, code: str, detail: str, retry_after_s: int | None = None) -> Response:
    response = Response({"code": code, "detail": detail}, status=code_number)
    if retry_after_s:
        response["Retry-After"] = str(retry_after_s)
    return response
