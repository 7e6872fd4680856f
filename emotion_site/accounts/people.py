"""What administrators do with people's accounts, and how an account ends."""

import logging

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Max, QuerySet
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest

from emotion_site.accounts.notices import notify
from emotion_site.models import ApiToken, Notice, OneTimeLink, User
from emotion_site.roles import Role, assigned_role, require_another_administrator, set_role
from emotion_site.sign_in.ending_access import end_all_access
from emotion_site.sign_in.guessing import forget_wrong_codes, reset_wrong_passwords
from emotion_site.sign_in.links import Purpose, make_link
from emotion_site.sign_in.tokens import revoke_token

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
def give_role(*, user: User, role: Role, actor: User) -> None:
    """Change a person's role and notify them. Raises UserError ``last_administrator``."""
    before = assigned_role(user)
    set_role(user=user, role=role, actor=actor)
    if role != before:
        notify(user, Notice.Kind.ROLE_CHANGED, detail=role.value, actor=actor)


@transaction.atomic
def deactivate(*, user: User, actor: User) -> None:
    """Shut a person out at once and keep what is theirs. Raises UserError ``last_administrator``."""
    require_another_administrator(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    end_all_access(user)
    notify(user, Notice.Kind.DEACTIVATED, actor=actor)
    logger.info("Account deactivated user=%s by=%s", user.pk, actor.pk)


@transaction.atomic
def reactivate(*, user: User, actor: User) -> None:
    user.is_active = True
    user.save(update_fields=["is_active"])
    notify(user, Notice.Kind.REACTIVATED, actor=actor)
    logger.info("Account reactivated user=%s by=%s", user.pk, actor.pk)


@transaction.atomic
def make_reset_link(*, user: User, actor: User) -> tuple[OneTimeLink, str]:
    """A link with which a person chooses a new password; earlier ones of theirs stop working."""
    OneTimeLink.objects.filter(purpose=Purpose.PASSWORD_RESET, user=user, used_at__isnull=True).delete()
    notify(user, Notice.Kind.RESET_LINK, actor=actor)
    return make_link(purpose=Purpose.PASSWORD_RESET, user=user, created_by=actor)


@transaction.atomic
def remove_second_steps(*, user: User, actor: User) -> None:
    """Let a person who lost their telephone sign in with their password alone."""
    Authenticator.objects.filter(user=user).delete()
    notify(user, Notice.Kind.SECOND_STEPS_REMOVED, actor=actor)
    logger.info("Second steps of sign-in removed user=%s by=%s", user.pk, actor.pk)


@transaction.atomic
def unlock(*, user: User, actor: User, request: HttpRequest) -> None:
    """Reset a person's limit on wrong passwords and codes, so that they may try again at once."""
    reset_wrong_passwords(user)
    forget_wrong_codes(request, user)
    notify(user, Notice.Kind.UNLOCKED, actor=actor)
    logger.info("Sign-in unlocked user=%s by=%s", user.pk, actor.pk)


@transaction.atomic
def revoke_token_of_another(*, token: ApiToken, actor: User) -> None:
    """Revoke a token as an administrator, and notify its owner unless it was revoked already."""
    if revoke_token(token=token):
        notify(token.user, Notice.Kind.TOKEN_REVOKED, detail=token.name, actor=actor)
        logger.info("API token revoked by an administrator token=%s by=%s", token.pk, actor.pk)


@transaction.atomic
def delete_account(*, user: User) -> None:
    """Delete a person and everything that is theirs. Raises UserError ``last_administrator``."""
    require_another_administrator(user)
    user_id = user.pk
    end_all_access(user)
    user.delete()
    logger.info("Account deleted user=%s", user_id)
