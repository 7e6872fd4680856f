"""The reason given for a decision, and the message when a service refuses it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from emotion_site.exceptions import UserError


@contextmanager
def errors_as_messages(request: HttpRequest) -> Iterator[None]:
    """Show a UserError as a message; every other error propagates."""
    try:
        yield
    except UserError as error:
        messages.error(request, str(error.detail))


def posted_reason(request: HttpRequest) -> str:
    """Why the person decides so, as the log keeps it."""
    return request.POST.get("reason", "").strip()[:500]
