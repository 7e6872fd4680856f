"""allauth's adapters: this site's choices for sign-up, mail and second factors."""

import base64
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emotion_site.models import User
from emotion_site.sign_in.guessing import count_attempt, remember_browser

logger = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):
    """Who may sign up, and what happens when the post does not go out."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is not correct."),
        "email_taken": gettext_lazy("There is an account with this e-mail address already."),
        "too_many_login_attempts": gettext_lazy(
            "Too many failed attempts to sign in. Try again in a few minutes. "
            "“Forgot your password?” says how you get in sooner."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return settings.SIGNUP == "open"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("emotion_site:account")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raises a form's error when too many passwords were wrong."""
        if getattr(settings, "ACCOUNT_RATE_LIMITS", None) is False:
            return
        # allauth rolls this back by its name when the password is right.
        self._login_failed_rl_usage = count_attempt(request, credentials.get("email", ""))
        if self._login_failed_rl_usage is None:
            raise self.validation_error("too_many_login_attempts")

    def post_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **facts)
        remember_browser(request, response, user)
        return response

    def send_mail(self, template_prefix: str, email: str, context_data: dict[str, Any]) -> None:
        """Send a message, or log that it failed: a page must not fail over it."""
        if not settings.EMAIL:
            return
        try:
            super().send_mail(template_prefix, email, context_data)
        except OSError as error:  # smtplib's errors and those of the network are all of this kind
            # Only the kind of error, because its text may name the recipient.
            reason = type(error).__name__
            logger.error("Mail could not be sent template=%s reason=%s", template_prefix, reason)
            messages.error(
                context.request,
                _("The e-mail could not be sent. Try again later, or ask an administrator for help."),
                fail_silently=True,  # a command has no page to say it on
            )


class MFAAdapter(DefaultMFAAdapter):
    """Keeps the secrets of authenticator apps encrypted, so that the database alone opens no account."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "add_email_blocked": gettext_lazy(
            "You cannot change your e-mail address while two-step sign-in is on."
        ),
        "unverified_email": gettext_lazy(
            "Confirm your e-mail address before you switch two-step sign-in on."
        ),
    }

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_fernet_key(key)) for key in keys])


def _fernet_key(secret: str | bytes) -> bytes:
    """Fernet needs 32 bytes in base64; the salt separates this key from other uses of the secret."""
    return base64.urlsafe_b64encode(
        salted_hmac("emotion_site.mfa", "key", secret, algorithm="sha256").digest()
    )
