"""Personal API tokens: made once, shown once, kept as a digest."""

import hashlib
import logging
import secrets
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from emotion_site.models import ApiToken, User

logger = logging.getLogger(__name__)

PREFIX = "emo_"
# Writing the time of use on every request would cost each of them a transaction.
LAST_USED_RESOLUTION = timedelta(minutes=5)


def digest(secret: str) -> str:
    """SHA-256 in hex. The secrets are 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(*, user: User, name: str, days: int) -> tuple[ApiToken, str]:
    """Make a token; the second value is the only time it can be read."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=secret[:10],
        digest=digest(secret),
        expires_at=timezone.now() + timedelta(days=days),
    )
    logger.info("API token made token=%s user=%s days=%d", token.pk, user.pk, days)
    return token, secret


def revoke_token(*, token: ApiToken) -> bool:
    """Whether it was not revoked before."""
    changed = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    if changed:
        logger.info("API token revoked token=%s user=%s", token.pk, token.user_id)
    return bool(changed)


def revoke_tokens_of(user: User) -> int:
    """Revoke every token of a person that still works; how many there were."""
    return usable_tokens(user).update(revoked_at=timezone.now())


def usable_tokens(user: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=user, revoked_at__isnull=True, expires_at__gt=timezone.now())


def find_token(secret: str) -> ApiToken | None:
    try:
        return ApiToken.objects.select_related("user").get(digest=digest(secret))
    except ApiToken.DoesNotExist:
        return None


def note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_RESOLUTION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
