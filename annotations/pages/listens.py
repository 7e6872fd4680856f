"""The log of listens: who played which clip, and when."""

from collections.abc import AsyncIterator
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from annotations.models import ListenLog
from emotion_site.sign_in.guards import SignedInRequest, admin_required
from emotion_site.storage.folding import folded
from emotion_site.web.csv import Notation, csv_head, csv_line, notation_of
from emotion_site.web.keyset import LATEST_FIRST, page_of

CHUNK = 1000


@admin_required
@require_safe
def listens(request: SignedInRequest) -> HttpResponse:
    text = _searched(request)
    page = page_of(matching_listens(text), order=LATEST_FIRST, cursor=request.GET.get("cursor", ""))
    return render(request, "annotations/listens.html", {"page": page, "q": text})


@admin_required
@require_safe
def listens_csv(request: SignedInRequest) -> StreamingHttpResponse:
    found = matching_listens(_searched(request)).order_by("-pk")
    return StreamingHttpResponse(
        _lines(found, notation_of(get_language() or "")),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="listens-{timezone.localdate()}.csv"'},
    )


def _searched(request: SignedInRequest) -> str:
    return request.GET.get("q", "").replace("\0", "").strip()


def matching_listens(text: str) -> QuerySet[ListenLog]:
    """By part of a person's address or pseudonym, or by the whole id of a clip."""
    found = ListenLog.objects.select_related("listener")
    if not text:
        return found
    try:
        return found.filter(clip_id=UUID(text))
    except ValueError:
        wanted = folded(text)
        return found.filter(Q(listener__email__icontains=wanted) | Q(pseudonym__icontains=wanted))


async def _lines(listens: QuerySet[ListenLog], notation: Notation) -> AsyncIterator[str]:
    lines = [csv_head(["when", "person", "pseudonym", "clip"], notation)]
    async for listen in listens.aiterator(chunk_size=CHUNK):
        person = listen.listener.email if listen.listener else ""
        moment = listen.created.isoformat(timespec="seconds")
        lines.append(csv_line([moment, person, listen.pseudonym, listen.clip_id], notation))
        if len(lines) == CHUNK:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)
