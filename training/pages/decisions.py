"""What the person says of a decision, and what they are told when a service refuses it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from emotion_site.exceptions import UserError


@contextmanager
def errors_as_messages(request: HttpRequest) -> Iterator[None]:
    """Turns a UserError into a message; anything else goes on."""
    try:
        yield
    except UserError as error:
        messages.error(request, str(error.detail))


def posted_reason(request: HttpRequest) -> str:
    """Why the person does it, as the log will keep it."""
    return request.POST.get("reason", "").strip()[:500]
