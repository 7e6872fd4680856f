from uuid import UUID

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from emotion_site.models import User


class PersonRequest(HttpRequest):
    """A request that ``login_required`` let through."""

    user: User
    htmx: HtmxDetails


def chosen_ids(request: PersonRequest) -> list[UUID]:
    """The clips that a form names by ``ids``; what is not an id is passed over."""
    found = []
    for text in request.POST.getlist("ids"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
