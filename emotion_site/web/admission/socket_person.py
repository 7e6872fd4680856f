"""Who sits at the other end of an open WebSocket now, not only when it was opened."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from emotion_site.models import User


def person_of(scope: dict[str, Any]) -> User | AnonymousUser:
    """The person of the socket's session, read again; anonymous once any process has ended it.

    A socket outlives the request that opened it, so whoever keeps one open asks this again and again:
    access that ends is to end there within five seconds.
    """
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request = HttpRequest()
    request.session = store(scope["session"].session_key)
    person = get_user(request)
    return person if isinstance(person, User) and person.is_active else AnonymousUser()
