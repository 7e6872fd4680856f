"""What administrators do with people's accounts, and how an account ends."""

import logging

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Coalesce, Greatest

from emotion_site.ending_access import end_all_access
from emotion_site.links import Purpose, make_link
from emotion_site.models import OneTimeLink, User
from emotion_site.roles import require_another_administrator

logger = logging.getLogger(__name__)


def people() -> QuerySet[User]:
    """Everyone with an account, with ``last_seen`` and the groups that ``role_of`` reads."""
    seen_in_session = Max("usersession__last_seen_at")
    return (
        User.objects.prefetch_related("groups")
        .annotate(
            last_seen=Coalesce(Greatest(seen_in_session, "last_login"), seen_in_session, "last_login"),
        )
        .order_by("email")
    )


@transaction.atomic
def deactivate(*, user: User, actor: User) -> None:
    """Shut a person out at once and keep what is theirs. Raises UserError ``last_administrator``."""
    require_another_administrator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_all_access(user)
    logger.info("Account deactivated user=%s by=%s", user.pk, actor.pk)


def reactivate(*, user: User, actor: User) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
    logger.info("Account reactivated user=%s by=%s", user.pk, actor.pk)


@transaction.atomic
def make_reset_link(*, user: User, actor: User) -> tuple[OneTimeLink, str]:
    """A link with which a person chooses a new password; earlier ones of theirs stop working."""
    OneTimeLink.objects.filter(purpose=Purpose.PASSWORD_RESET, user=user, used_at__isnull=True).delete()
    return make_link(purpose=Purpose.PASSWORD_RESET, user=user, created_by=actor)


def remove_second_steps(*, user: User, actor: User) -> None:
    """Let a person who lost their telephone sign in with their password alone."""
    Authenticator.objects.filter(user=user).delete()
    logger.info("Second steps of sign-in removed user=%s by=%s", user.pk, actor.pk)


@transaction.atomic
def delete_account(*, user: User) -> None:
    """Delete a person and everything that is theirs. Raises UserError ``last_administrator``."""
    require_another_administrator(user)
    user_id = user.pk
    end_all_access(user)
    user.delete()
    logger.info("Account deleted user=%s", user_id)
