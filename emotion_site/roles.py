"""Roles are groups. Only this module decides what a role may do and who has it."""

import logging
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser, Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from emotion_site.exceptions import UserError
from emotion_site.models import User

logger = logging.getLogger(__name__)


class Role(models.TextChoices):
    USER = "user", _("User")
    REVIEWER = "reviewer", _("Reviewer")
    ADMIN = "admin", _("Administrator")


def role_of(user: User | AnonymousUser) -> Role | None:
    """The most powerful role of a user, or None for an anonymous one.

    Without the second step that the site asks for, nobody has more power than a user, on pages and API alike.
    """
    if not user.is_authenticated or not user.is_active:
        return None
    return Role.USER if lacks_second_step(user) else assigned_role(user)


def assigned_role(user: User) -> Role:
    """The role that a user has, or would have if they were not deactivated."""
    if user.is_superuser:
        return Role.ADMIN
    # Each page asks several times. What is read stays on this object, until ``set`` or ``add`` forget it.
    models.prefetch_related_objects([user], "groups")
    names = {group.name for group in user.groups.all()}
    return next((role for role in (Role.ADMIN, Role.REVIEWER) if role.value in names), Role.USER)


def lacks_second_step(user: User) -> bool:
    """Whether ``REQUIRE_MFA`` requires a second factor that this person has not set up."""
    policy = settings.REQUIRE_MFA
    is_asked = policy == "all" or (policy == "admins" and assigned_role(user) == Role.ADMIN)
    # Recovery codes alone are what is left of a second step.
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return is_asked and not Authenticator.objects.filter(user=user, type__in=kinds).exists()


def is_admin(user: User | AnonymousUser) -> bool:
    return role_of(user) == Role.ADMIN


def require_admin(user: User | AnonymousUser) -> None:
    """Raises PermissionDenied."""
    if not is_admin(user):
        raise PermissionDenied


def is_reviewer(user: User | AnonymousUser) -> bool:
    """Administrators may review too."""
    return role_of(user) in (Role.ADMIN, Role.REVIEWER)


def administrators() -> models.QuerySet[User]:
    """Everyone who can sign in as an administrator."""
    return User.objects.filter(is_active=True, is_superuser=True)


@transaction.atomic
def set_role(*, user: User, role: Role, actor: User | None = None) -> None:
    """Put a user into the one group of their role; staff status follows the role.

    Raises UserError ``last_administrator`` when nobody else could administer the site afterwards.
    """
    if role != Role.ADMIN:
        require_another_administrator(user)
    group, _created = Group.objects.get_or_create(name=role.value)
    user.groups.set([group])
    user.is_staff = user.is_superuser = role == Role.ADMIN
    user.save(update_fields=["is_staff", "is_superuser"])
    logger.info("Role set user=%s role=%s by=%s", user.pk, role.value, actor and actor.pk)


def require_another_administrator(user: User) -> None:
    """Refuse to lose the last administrator. Call it inside the transaction that makes the change."""
    # The lock makes two administrators who demote each other wait for one another.
    others = [pk for pk in administrators().select_for_update().values_list("pk", flat=True) if pk != user.pk]
    if not others and administrators().filter(pk=user.pk).exists():
        raise UserError(
            "last_administrator",
            _("This is the only administrator. Make somebody else an administrator first."),
            status=409,
        )


@receiver(post_save, sender=User)
def give_first_role(instance: User, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Every account has a role from the start, however it was made."""
    if created and not raw:
        set_role(user=instance, role=Role.ADMIN if instance.is_superuser else Role.USER)
