"""Errors that a person caused and can mend. Raised low, turned into HTTP in one place."""

import errno
import logging
from http import HTTPStatus

from django.db import DataError, OperationalError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What SQLite and PostgreSQL say when they give up over the length of what they are asked.
_TOO_LONG_FOR_SQLITE = (
    "too complex",
    "tree is too large",
    "too many SQL variables",
    "too many terms",
    "stack overflow",
)
_TOO_LONG_FOR_POSTGRESQL = "54"  # the class of states "program limit exceeded"
_OUT_OF_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class UserError(Exception):
    """Has a stable ``code`` for programs and a sentence for people."""

    status = 400

    def __init__(
        self, code: str, detail: str | Promise, *, status: int | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.status = status or self.status
        self.retry_after_s = retry_after_s


def unreadable(error: BaseException) -> UserError | None:
    """The error for text that the database cannot store or compare; None for other exceptions.

    PostgreSQL has no place for the character NUL, which nobody types.
    """
    if _is_too_long(error):
        return too_long()
    if isinstance(error, DataError):
        return UserError("invalid", _("This contains a character or number that cannot be used. Change it."))
    return None


def unavailable(error: BaseException) -> UserError | None:
    """The error for a full disk or an unusable database; None for other exceptions."""
    if (isinstance(error, OSError) and error.errno in _OUT_OF_SPACE) or "disk is full" in str(error):
        detail = _("The site has run out of space for recordings; nothing was kept. Tell an administrator.")
        return UserError("storage_full", detail, status=507)
    if isinstance(error, OperationalError) and not _is_too_long(error):
        return busy()
    return None


def too_long() -> UserError:
    return UserError("too_long", _("This text is too long to search for. Use fewer words."))


def _is_too_long(error: BaseException) -> bool:
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state.startswith(_TOO_LONG_FOR_POSTGRESQL) or any(
        text in str(error) for text in _TOO_LONG_FOR_SQLITE
    )


def busy() -> UserError:
    """The error when limits are reached, or the database is unreachable for a moment."""
    return UserError("busy", _("The site is busy. Try again in a moment."), status=503, retry_after_s=2)


def severity(error: UserError) -> int:
    """How an error is logged: what an administrator has to mend is an error, what a person can is not."""
    return logging.ERROR if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.WARNING
