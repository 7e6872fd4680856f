"""Cards that later apps put on the account page, so that this app need not import them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from emotion_site.models import User

ContextFunction = Callable[[HttpRequest, User], dict[str, Any]]
# Template -> what it shows, in the order of the page.
_cards: dict[str, ContextFunction] = {}


def register(template_name: str, context_function: ContextFunction) -> None:
    """Add a card to everybody's account page; call it from ``AppConfig.ready``. Twice is once."""
    _cards[template_name] = context_function


def rendered_cards(request: HttpRequest, user: User) -> list[str]:
    """The HTML of each card."""
    return [render_to_string(name, context(request, user), request) for name, context in _cards.items()]
