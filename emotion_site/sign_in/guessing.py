"""Rate limits on wrong passwords, by which nobody can lock another person out.

What is counted, each until it is too much:

- wrong passwords for one address from one client, which concerns nobody else;
- those of a client for whatever address;
- those for one address from everywhere, because a guesser may have many clients.

The last two could keep an owner out, so they do not concern a browser in which that person has signed in
before, nor the first minutes after a new password or an administrator has let them in again.
"""

import secrets
from datetime import timedelta
from typing import Any, NamedTuple

from allauth.core.internal import ratelimit
from allauth.core.ratelimit import clear
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from emotion_site.accounts.notices import notify_once
from emotion_site.models import Notice, User

COOKIE = "known_browser"
SALT = "emotion_site.known_browser"
KNOWN_FOR = timedelta(days=180)
PEOPLE_OF_A_BROWSER = 8
OPEN_AFTER_UNLOCK = timedelta(minutes=15)
# Amount, time and what it is counted by, as allauth writes them.
OF_PAIR = "5/5m/key,20/h/key"
OF_CLIENT = "10/m/ip,60/h/ip"
OF_ADDRESS = "100/h/key"


class Limit(NamedTuple):
    name: str
    rates: str
    key: str


def count_attempt(request: HttpRequest, address: str) -> ratelimit.RateLimitUsage | None:
    """Count one attempt to sign in; None when it is one too many. Roll it back when the password is right."""
    address = address.strip().lower()
    person = User.objects.filter(email__iexact=address).first()
    used = ratelimit.RateLimitUsage(usage=[])
    for limit in _limits(request, address, person):
        config = {limit.name: limit.rates}
        usage = ratelimit.consume(
            request, app="emotion_site", action=limit.name, config=config, key=limit.key
        )
        if usage is None:
            used.rollback()
            if limit.rates == OF_ADDRESS and person is not None:
                notify_once(person, Notice.Kind.MANY_GUESSES)
            return None
        used.usage += usage.usage
    return used


def _limits(request: HttpRequest, address: str, person: User | None) -> list[Limit]:
    browser = person and _known_browser(request, person)
    unlocked_at = person and person.unlocked_at
    # After an unlock every count of this address begins anew.
    since = unlocked_at.isoformat() if unlocked_at else ""
    client = browser or ratelimit.get_ip(request)
    pair = Limit("password_of_pair", OF_PAIR, f"{since} {client} {address}")
    if browser or (unlocked_at and timezone.now() - unlocked_at < OPEN_AFTER_UNLOCK):
        return [pair]
    return [
        pair,
        Limit("password_of_client", OF_CLIENT, ""),
        Limit("password_of_address", OF_ADDRESS, f"{since} {address}"),
    ]


def reset_wrong_passwords(user: User) -> None:
    """Reset the count of wrong passwords for a person's e-mail address, for all client addresses."""
    user.unlocked_at = timezone.now()
    User.objects.filter(pk=user.pk).update(unlocked_at=user.unlocked_at)


def forget_wrong_codes(request: HttpRequest, user: User) -> None:
    """The same for the codes of their second step, which allauth counts per person."""
    transaction.on_commit(lambda: clear(request, action="login_failed", key=f"mfa-auth-user-{user.pk}"))


def remember_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Note in a cookie that this person signed in here. It opens nothing; it only spares them the limits."""
    known = _cookie(request)
    people = {**known.get("people", {}), str(user.pk): user.access_generation}
    kept = dict(list(people.items())[-PEOPLE_OF_A_BROWSER:])
    value = {"id": known.get("id") or secrets.token_urlsafe(12), "people": kept}
    response.set_cookie(
        COOKIE,
        signing.dumps(value, salt=SALT),
        max_age=KNOWN_FOR,
        path=settings.SESSION_COOKIE_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _known_browser(request: HttpRequest, person: User) -> str:
    """A name of this browser, if the person signed in here since their access was last ended."""
    known = _cookie(request)
    is_known = known.get("people", {}).get(str(person.pk)) == person.access_generation
    return f"browser {known['id']}" if is_known else ""


def _cookie(request: HttpRequest) -> dict[str, Any]:
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return {}
    return value if isinstance(value, dict) else {}
