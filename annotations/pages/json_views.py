"""What the review page's own requests have in common: forms go in, JSON comes out."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from annotations.queue.offers import require_reviewer
from annotations.queue.progress import progress_of
from classifier.models import Task
from classifier.pages.requests import PersonRequest
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.web.dates import parse_date

logger = logging.getLogger(__name__)
P = ParamSpec("P")
Door = Callable[Concatenate[PersonRequest, Task, P], dict[str, Any]]


def reviewers_door(view: Door[P]) -> Callable[..., HttpResponse]:
    """POST of a reviewer about a task. Whoever was signed out gets 401 instead of a sign-in page."""

    @require_POST
    @wraps(view)
    def guarded(request: PersonRequest, task: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return JsonResponse({"code": "signed_out", "detail": _("You were signed out.")}, status=401)
        row = get_object_or_404(Task, slug=task)
        try:
            require_reviewer(request.user)
            return JsonResponse(view(request, row, *args, **kwargs))
        except UserError as error:
            logger.warning("Review refused user=%s task=%s code=%s", request.user.pk, row.slug, error.code)
            return JsonResponse({"code": error.code, "detail": str(error.detail)}, status=error.status)

    return guarded


def clip_id_of(request: PersonRequest) -> UUID:
    """The clip that a form names. Raises UserError ``wrong_clip``."""
    return _uuid(request.POST.get("clip", ""))


def clip_ids_of(request: PersonRequest, name: str) -> list[UUID]:
    return [_uuid(text) for text in request.POST.getlist(name)]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UserError("wrong_clip", _("There is no such clip.")) from None


def lease_end_of(request: PersonRequest) -> datetime | None:
    """Which lease on the clip is meant; None for any. Raises UserError ``wrong_clip``."""
    text = request.POST.get("until", "")
    if not text:
        return None
    if until := parse_date(text):
        return until
    raise UserError("wrong_clip", _("There is no such clip."))


def client_id_of(request: PersonRequest) -> str:
    """The id that makes sending twice harmless. Raises UserError ``wrong_client_id``."""
    text = request.POST.get("client_id", "")
    if not text or len(text) > 64 or not text.isascii() or not text.isprintable():
        raise UserError("wrong_client_id", _("An answer needs an id of its own, up to 64 characters."))
    return text


def milliseconds_of(request: PersonRequest) -> int | None:
    """How long the answer took; None when it is not said or makes no sense."""
    text = request.POST.get("milliseconds", "")
    return min(int(text), 24 * 3600 * 1000) if text.isdecimal() and len(text) < 16 else None


def progress_json(user: User, task: Task) -> dict[str, Any]:
    progress = progress_of(user, task)
    return {
        "left": progress.left,
        "heldByOthers": progress.held_by_others,
        "doneToday": progress.done_today,
        "medianMs": progress.median_ms,
    }
