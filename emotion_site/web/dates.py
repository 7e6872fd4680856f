"""Dates and times in forms and addresses."""

from contextlib import suppress
from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware, make_aware


def parse_date(text: str) -> datetime | None:
    """A date and time in ISO 8601, or None for any other text; without a zone it is in the site's own.

    The first and the last year there are do not count: in another zone they may not exist.
    """
    with suppress(ValueError, OverflowError):
        if date := parse_datetime(text):
            date = (date if is_aware(date) else make_aware(date)).astimezone(UTC)
            return date if datetime.min.year < date.year < datetime.max.year else None
    return None
