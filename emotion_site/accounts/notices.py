"""Notices to people about their own account: on the pages, and by mail where mail is configured."""

import logging

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Exists
from django.http import HttpRequest
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from emotion_site.models import Notice, User
from emotion_site.roles import Role

logger = logging.getLogger(__name__)

Kind = Notice.Kind
MOST_SHOWN = 3
TEXTS: dict[str, Promise] = {
    Kind.RESET_LINK: _(
        "An administrator made a link for a new password for your account. Whoever has it can sign in as "
        "you. If you did not ask for one, tell your administrators."
    ),
    Kind.SECOND_STEPS_REMOVED: _(
        "An administrator removed the second step of your sign-in. Set it up again under Account."
    ),
    Kind.ROLE_CHANGED: _("An administrator changed your role. It is now: %(detail)s."),
    Kind.DEACTIVATED: _("An administrator deactivated your account."),
    Kind.REACTIVATED: _("An administrator activated your account again."),
    Kind.TOKEN_REVOKED: _("An administrator revoked your API token “%(detail)s”."),
    Kind.UNLOCKED: _("An administrator let you try to sign in again after too many wrong passwords."),
    Kind.PASSWORD_BY_LINK: _(
        "Your password was set with a link that an administrator made. "
        "If that was not you, tell your administrators."
    ),
    Kind.PASSWORD_ON_SERVER: _("Your password was changed on the server itself."),
    Kind.MANY_GUESSES: _(
        "Somebody tried many wrong passwords for your account from several places. It stays open for you "
        "where you have signed in before. A second step protects it best."
    ),
    Kind.ADDRESS_TRIED: _(
        "Somebody tried to use your e-mail address for another account. Nothing has changed. "
        "If it was you: this is the account that has it."
    ),
}


@transaction.atomic
def notify(user: User, kind: str, *, detail: str = "", actor: User | None = None) -> None:
    """Create a notice, and mail it after commit. People get none about their own actions."""
    if actor is not None and actor.pk == user.pk:
        return
    # What is told again takes the place of the same unread notice; only of tokens each one is told.
    same = {"detail": detail} if kind == Kind.TOKEN_REVOKED else {}
    Notice.objects.filter(user=user, kind=kind, **same).delete()
    notice = Notice.objects.create(user=user, kind=kind, detail=detail)
    User.objects.filter(pk=user.pk).update(has_notices=True)
    transaction.on_commit(lambda: _mail(notice))
    logger.info("Person told user=%s notice=%s kind=%s", user.pk, notice.pk, kind)


def notify_once(user: User, kind: str) -> None:
    """The same for what others can cause again and again: not while a notice of the kind is unread."""
    if not Notice.objects.filter(user=user, kind=kind).exists():
        notify(user, kind)


def text_of(notice: Notice) -> str:
    is_role = notice.kind == Kind.ROLE_CHANGED and notice.detail in Role.values
    detail = Role(notice.detail).label if is_role else notice.detail
    return str(TEXTS[notice.kind]) % {"detail": detail}


def notices_of(user: User | AnonymousUser) -> list[dict[str, object]]:
    """The newest notices of a person as their pages show them."""
    if not user.is_authenticated or not user.has_notices:
        return []
    found = Notice.objects.filter(user=user)[:MOST_SHOWN]
    return [{"pk": notice.pk, "created": notice.created, "text": text_of(notice)} for notice in found]


@transaction.atomic
def dismiss(*, user: User, pk: int) -> None:
    """Put a notice away that its person has read."""
    Notice.objects.filter(user=user, pk=pk).delete()
    left = Notice.objects.filter(user=user)
    User.objects.filter(pk=user.pk).update(has_notices=Exists(left))


def _mail(notice: Notice) -> None:
    if not settings.EMAIL:
        return
    user = notice.user
    with translation.override(user.language or settings.LANGUAGE_CODE):
        facts = {"user": user, "text": text_of(notice), "created": notice.created}
        with context.request_context(context.request or _request_of_a_command()):
            get_adapter().send_mail("emotion_site/email/notice", user.email, facts)


def _request_of_a_command() -> HttpRequest:
    """Messages name the site by its request; a command has none."""
    named = [name.lstrip(".") for name in settings.ALLOWED_HOSTS if name != "*"]
    request = HttpRequest()
    request.META = {"SERVER_NAME": (named or [settings.HOST])[0], "SERVER_PORT": str(settings.PORT)}
    return request
