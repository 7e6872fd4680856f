"""Error responses outside the views: the same words for people and for programs."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emotion_site.exceptions import UserError, unavailable, unreadable


def server_error(request: HttpRequest) -> HttpResponse:
    """For errors outside a view; a database that is away already fails where the session is read."""
    error = sys.exc_info()[1]
    outage = (unavailable(error) or unreadable(error)) if error else None
    detail = _("Something went wrong on our side. Try again, and tell an administrator if it happens again.")
    return error_response(request, outage or UserError("server_error", detail, status=500))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """For what Django refuses before a view: another name than the site's, or too many fields."""
    return error_response(request, unreadable_request())


def unreadable_request() -> UserError:
    detail = gettext_lazy("The request is damaged, or it asks for a host name that is not this site's.")
    return UserError("invalid", detail)


def as_object(error: UserError) -> JsonResponse:
    """The one shape of every error, for programs."""
    return JsonResponse({"code": error.code, "detail": str(error.detail)}, status=error.status)


def error_response(request: HttpRequest, error: UserError) -> HttpResponse:
    """The page or, below ``/api/``, the object of an error that has a page of its own."""
    if request.path_info.startswith("/api/"):
        response: HttpResponse = as_object(error)
    else:
        # Rendered without the request: everything a page asks about its person needs the database.
        page = render_to_string(f"{error.status}.html", {"detail": error.detail})
        response = HttpResponse(page, status=error.status)
    if error.retry_after_s:
        response["Retry-After"] = str(error.retry_after_s)
    return response
