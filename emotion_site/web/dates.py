"""Moments that a form or an address names."""

from contextlib import suppress
from datetime import UTC, datetime

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware, make_aware


def read_moment(text: str) -> datetime | None:
    """The moment that a text in ISO 8601 names, or None; without a zone it is one of the site's own.

    The first and the last year there are do not count: in another zone they may not exist.
    """
    with suppress(ValueError, OverflowError):
        if moment := parse_datetime(text):
            moment = (moment if is_aware(moment) else make_aware(moment)).astimezone(UTC)
            return moment if datetime.min.year < moment.year < datetime.max.year else None
    return None
