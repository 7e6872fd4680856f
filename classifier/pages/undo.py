"""What a person has just deleted, remembered in the session for the undo button of the next page."""

import time
from uuid import UUID

from django.conf import settings

from classifier.pages.requests import PersonRequest

_KEY = "just_deleted"


def remember_deletion(request: PersonRequest, ids: list[UUID]) -> None:
    request.session[_KEY] = {"ids": [str(pk) for pk in ids], "until": time.time() + settings.UNDO_SECONDS}


def take_deletion(request: PersonRequest) -> list[str]:
    """Pop the ids of deleted clips that can still be restored."""
    if _KEY not in request.session:
        return []
    deletion = request.session.pop(_KEY)
    return deletion["ids"] if deletion["until"] > time.time() else []
