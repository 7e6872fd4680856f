"""Links that work once: made with a secret that is shown once and kept only as a digest.

Mailed links for a new password are signed by Django's token generator (``reset_tokens.py``). These are rows,
because a signature does not know who made it: a link ends with the role of its maker, can be revoked and ends
the link before it, and an invitation has no account yet whose state could be signed.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from emotion_site.exceptions import UserError
from emotion_site.models import OneTimeLink, User
from emotion_site.roles import Role, administrators
from emotion_site.sign_in.tokens import digest

logger = logging.getLogger(__name__)

Purpose = OneTimeLink.Purpose
LIFETIMES = {
    Purpose.FIRST_ADMINISTRATOR: timedelta(hours=1),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.PASSWORD_RESET: timedelta(days=1),
}
# 43 letters and digits are 256 random bits. A dash at the end of a link would get lost when it is copied.
SECRET_LENGTH = 43


def make_link(
    *,
    purpose: OneTimeLink.Purpose,
    email: str = "",
    role: Role | None = None,
    user: User | None = None,
    created_by: User | None = None,
) -> tuple[OneTimeLink, str]:
    """Make a link; the second value is its secret, and this is the only time it can be read."""
    secret = get_random_string(SECRET_LENGTH)
    link = OneTimeLink.objects.create(
        purpose=purpose,
        digest=digest(secret),
        email=email.lower(),
        role=role.value if role else "",
        user=user,
        created_by=created_by,
        expires_at=timezone.now() + LIFETIMES[purpose],
    )
    logger.info(
        "One-time link made link=%s purpose=%s for=%s by=%s",
        link.pk,
        link.purpose,
        link.user_id,
        link.created_by_id,
    )
    return link, secret


def link_path(purpose: OneTimeLink.Purpose, secret: str) -> str:
    """The address of a link on this site, without its host."""
    return reverse(f"emotion_site:{purpose.value}", args=[secret])


def find_link(purpose: OneTimeLink.Purpose, secret: str) -> OneTimeLink | None:
    """The link of this secret, if it still works."""
    link = (
        OneTimeLink.objects.select_related("user")
        .usable()
        .filter(purpose=purpose, digest=digest(secret))
        .first()
    )
    if link and purpose == Purpose.FIRST_ADMINISTRATOR and administrators().exists():
        return None
    return link


def use_link(link: OneTimeLink) -> None:
    """Mark a link as used. Call it inside the transaction that does what the link is for.

    Raises UserError ``link_used`` when somebody else was faster.
    """
    now = timezone.now()
    # One conditional update, because two browsers may open the same link at the same moment.
    # The condition stands on the row itself: PostgreSQL would not look again at one behind a join.
    unused = OneTimeLink.objects.filter(pk=link.pk, used_at__isnull=True, expires_at__gt=now)
    if not unused.update(used_at=now):
        raise UserError("link_used", _("This link has been used already."), status=410)
    logger.info("One-time link used link=%s purpose=%s", link.pk, link.purpose)


def revoke_link(*, link: OneTimeLink, actor: User) -> None:
    link_id = link.pk
    link.delete()
    logger.info("One-time link revoked link=%s purpose=%s by=%s", link_id, link.purpose, actor.pk)


@transaction.atomic
def first_administrator_link() -> str | None:
    """The path of a fresh link that makes the first administrator, or None when there is one already.

    Only the newest such link works.
    """
    OneTimeLink.objects.filter(purpose=Purpose.FIRST_ADMINISTRATOR, used_at__isnull=True).delete()
    if administrators().exists():
        return None
    _link, secret = make_link(purpose=Purpose.FIRST_ADMINISTRATOR, role=Role.ADMIN)
    return link_path(Purpose.FIRST_ADMINISTRATOR, secret)
