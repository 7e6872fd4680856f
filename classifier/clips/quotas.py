"""How much one person may keep, and send in a day. A row per person counts it: nothing is summed up."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from classifier.models import Usage
from emotion_site.exceptions import UserError
from emotion_site.models import User

MEGABYTE = 1024 * 1024


def usage_of(owner: User) -> Usage:
    """What this person keeps, and what they sent today."""
    found = Usage.objects.filter(owner=owner).first() or Usage(owner=owner)
    if found.day != timezone.localdate():
        found.clips_on_day = 0
    return found


def require_quota(owner: User) -> None:
    """Refuse what could not be kept before it is decoded.

    Raises UserError ``quota_storage`` or ``quota_daily``.
    """
    if (refusal := _refusal(usage_of(owner), n_bytes=1)) is not None:
        raise refusal


@transaction.atomic
def charge(owner: User, n_bytes: int) -> None:
    """Count one more clip of ``n_bytes``; also of two that arrive at once none goes beyond the quota.

    Raises UserError ``quota_storage`` or ``quota_daily``; call it in the transaction that keeps the clip.
    """
    if _count(owner, n_bytes):
        return
    # The first of this person: another first one may have made the row since, and have left room.
    Usage.objects.get_or_create(owner=owner)
    if _count(owner, n_bytes):
        return
    raise _refusal(usage_of(owner), n_bytes) or _storage_full()


def refund(owner_id: int, n_bytes: int) -> None:
    """A clip of this size is gone for good. What was sent today stays sent."""
    mine = Usage.objects.filter(owner_id=owner_id)
    mine.update(stored_bytes=Greatest(F("stored_bytes") - n_bytes, 0))


def _count(owner: User, n_bytes: int) -> bool:
    today = timezone.localdate()
    has_room = Q(owner=owner)
    if settings.QUOTA_BYTES:
        has_room &= Q(stored_bytes__lte=settings.QUOTA_BYTES - n_bytes)
    if settings.QUOTA_CLIPS_PER_DAY:
        has_room &= ~Q(day=today) | Q(clips_on_day__lt=settings.QUOTA_CLIPS_PER_DAY)
    counted = Usage.objects.filter(has_room).update(
        stored_bytes=F("stored_bytes") + n_bytes,
        clips_on_day=Case(When(day=today, then=F("clips_on_day") + 1), default=1),
        day=today,
    )
    return bool(counted)


def _refusal(usage: Usage, n_bytes: int) -> UserError | None:
    if settings.QUOTA_BYTES and usage.stored_bytes + n_bytes > settings.QUOTA_BYTES:
        return _storage_full()
    if settings.QUOTA_CLIPS_PER_DAY and usage.clips_on_day >= settings.QUOTA_CLIPS_PER_DAY:
        return _enough_for_today()
    return None


def _storage_full() -> UserError:
    detail = _(
        "Your recordings fill the %(megabytes)s MB that you may keep here. Delete some that you no longer "
        "need; a minute later there is room again."
    )
    megabytes = number_format(settings.QUOTA_BYTES // MEGABYTE, force_grouping=True)
    return UserError("quota_storage", detail % {"megabytes": megabytes}, status=409)


def _enough_for_today() -> UserError:
    detail = _("You have sent all you may in a day (%(clips)s). Send the rest tomorrow.")
    clips = number_format(settings.QUOTA_CLIPS_PER_DAY, force_grouping=True)
    return UserError(
        "quota_daily", detail % {"clips": clips}, status=429, retry_after_s=_seconds_until_tomorrow()
    )


def _seconds_until_tomorrow() -> int:
    now = timezone.localtime()
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), tzinfo=now.tzinfo)
    return max(1, int((midnight - now).total_seconds()))
