"""Searches on every page: the parameter ``q`` of an address."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from emotion_site.exceptions import too_long
from emotion_site.web.error_pages import error_response

# The longest that any page searches, an e-mail address, has 254 characters.
LONGEST_SEARCH = 254


class SearchMiddleware:
    """Refuse text that is too long to be looked for, before a database gives up over it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if len(request.META.get("QUERY_STRING", "")) > LONGEST_SEARCH and any(
            len(text) > LONGEST_SEARCH for text in request.GET.getlist("q")
        ):
            return error_response(request, too_long())
        return self.get_response(request)
