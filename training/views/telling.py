"""Tells the person what a service refused, on the page that follows."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from emotion_site.exceptions import UserError


@contextmanager
def refusals_told(request: HttpRequest) -> Iterator[None]:
    """Turns a UserError into a message; anything else goes on."""
    try:
        yield
    except UserError as error:
        messages.error(request, str(error.detail))
