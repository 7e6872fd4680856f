"""Tokens in mailed password-reset links. Only allauth imports this module."""

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator

from emotion_site.models import User


class ResetTokenGenerator(EmailAwarePasswordResetTokenGenerator):
    """Such links end with all other access."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.access_generation}"
