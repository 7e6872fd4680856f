from uuid import UUID

from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from emotion_site.sign_in.guards import SignedInRequest


class PersonRequest(SignedInRequest):
    """A request that may come from htmx."""

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


def next_address(request: PersonRequest) -> str:
    """The page of ours that a form names by ``next``, or else the history."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else reverse("classifier:history")
