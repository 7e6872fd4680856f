"""The one way in which all access of a person ends, whatever it ends for."""

import logging
from collections.abc import Collection
from typing import Any

from allauth.core import context
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import F, Q
from django.db.models.signals import post_save
from django.dispatch import receiver

from emotion_site.accounts.notices import notify
from emotion_site.models import Notice, OneTimeLink, User
from emotion_site.sign_in.guessing import reset_wrong_passwords
from emotion_site.sign_in.tokens import revoke_tokens_of
from emotion_site.signals import access_ended

logger = logging.getLogger(__name__)


@transaction.atomic
def end_all_access(user: User) -> None:
    """End every session, token and link of this person, and what other apps keep for them.

    Sessions, open sockets, API tokens, mailed links, one-time links for them and by them, and, in other apps,
    what listens to ``access_ended``. A request that changes its own password signs in anew afterwards.
    """
    # First, so that a sign-in that is under way is of the old generation.
    User.objects.filter(pk=user.pk).update(access_generation=F("access_generation") + 1)
    user.refresh_from_db(fields=["access_generation"])
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    tokens = revoke_tokens_of(user)
    # Those a person made count too: a thief may have invited themselves.
    links = OneTimeLink.objects.filter(Q(user=user) | Q(created_by=user), used_at__isnull=True)
    ended, _rows = links.delete()
    access_ended.send(sender=User, user=user)
    logger.info(
        "All access ended user=%s sessions=%d tokens=%d links=%d", user.pk, len(sessions), tokens, ended
    )


@receiver(post_save, sender=User)
def end_access_of_the_old_password(
    instance: User,
    created: bool,
    update_fields: Collection[str] | None = None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    """Runs for every page, link and command that sets a password.

    Django keeps the new password on the row while it is saved, and not when a hash is only made stronger.
    """
    is_saved = not created and not raw and (update_fields is None or "password" in update_fields)
    if is_saved and instance._password is not None:  # type: ignore[attr-defined]
        end_all_access(instance)
        reset_wrong_passwords(instance)
        if context.request is None:  # no page: somebody at the server's own terminal
            notify(instance, Notice.Kind.PASSWORD_ON_SERVER)
