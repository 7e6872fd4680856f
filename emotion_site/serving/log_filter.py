"""Keeps out of the log what has no place there: secrets in addresses, and stack traces of refusals."""

import logging
import re
from http import HTTPStatus

# A part of a path that is this long is the secret of a one-time link or an e-mailed key, unless it is a
# clip's id. Also links that were copied wrongly are hidden: what is left of them may still be guessed.
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SECRET_PART = re.compile(rf"(?<=/)(?!{_UUID}(?:/|$))[^/\s]{{20,}}")


class HideSecretPaths(logging.Filter):
    """Django writes the path of every refused request, and some paths are as good as a password."""

    def filter(self, record: logging.LogRecord) -> bool:
        if hasattr(record, "request") and isinstance(record.args, tuple):
            record.args = tuple(_hidden(value) for value in record.args)
        return True


class BriefRefusals(logging.Filter):
    """A request that was refused on purpose needs no stack trace; real failures would drown in them."""

    def filter(self, record: logging.LogRecord) -> bool:
        if (
            getattr(record, "status_code", HTTPStatus.INTERNAL_SERVER_ERROR)
            < HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            record.exc_info = record.exc_text = None
        return True


def _hidden(value: object) -> object:
    return _SECRET_PART.sub("…", value) if isinstance(value, str) else value
