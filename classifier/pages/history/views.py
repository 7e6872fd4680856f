"""All clips of a person: list, chart and export."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_GET, require_http_methods

from classifier.clips.examples import EXAMPLES
from classifier.models import Clip, Label
from classifier.pages.forms import HistoryForm
from classifier.pages.history.csv_export import csv_lines
from classifier.pages.history.query import PAGE_SIZE, matching_clips, order_of
from classifier.pages.history.timeline import timeline_of
from classifier.pages.requests import PersonRequest, chosen_ids
from classifier.pages.undo import take_deletion
from classifier.querysets import ClipQuerySet
from emotion_site.web.csv import notation_of
from emotion_site.web.keyset import page_of


@login_required
@require_GET
def show(request: PersonRequest) -> HttpResponse:
    form = HistoryForm(request.GET, labels=list(Label.objects.of_task()))
    wanted = form.wanted()
    clips = Clip.objects.visible_to(request.user)
    page = page_of(
        matching_clips(clips, wanted).for_list(),
        order=order_of(wanted),
        cursor=request.GET.get("cursor", ""),
        size=PAGE_SIZE,
    )
    filters = {name for name in wanted if name != "sort"}
    context = {
        "form": form,
        "page": page,
        "is_filtered": bool(filters),
        # The search stands in sight of everybody.
        "n_filters": len(filters - {"q"}),
        "has_clips": bool(page.rows) or clips.exists(),
        "query": _query(request.GET),
        "deleted_ids": take_deletion(request),
        "undo_seconds": settings.UNDO_SECONDS,
        "examples": EXAMPLES,
    }
    return render(request, "classifier/history/history.html", context)


def _query(parameters: QueryDict) -> str:
    """Filters and order from the query string, without the cursor."""
    kept = parameters.copy()
    kept.pop("cursor", None)
    return kept.urlencode()


@login_required
@require_GET
def row(request: PersonRequest, pk: UUID) -> HttpResponse:
    """One line of the list; that of a waiting clip fetches itself until the prediction is there."""
    clip = get_object_or_404(Clip.objects.visible_to(request.user).for_list(), pk=pk)
    return render(request, "classifier/history/_clip_row.html", {"clip": clip})


@login_required
@require_GET
def chart(request: PersonRequest) -> HttpResponse:
    """Emotions over time: the fragment for the history, or a page of its own without JavaScript."""
    labels = list(Label.objects.of_task())
    timeline = timeline_of(_matching(request, labels), labels)
    template = "classifier/history/_timeline.html" if request.htmx else "classifier/history/timeline.html"
    return render(request, template, {"timeline": timeline, "query": _query(request.GET)})


@login_required
@require_http_methods(["GET", "POST"])
def export(request: PersonRequest) -> StreamingHttpResponse:
    """CSV of the chosen clips (POST), or of all that match the filters (GET)."""
    labels = list(Label.objects.of_task())
    if request.method == "POST":
        clips = Clip.objects.visible_to(request.user).filter(pk__in=chosen_ids(request))
    else:
        clips = _matching(request, labels)
    return StreamingHttpResponse(
        csv_lines(clips.order_by("-created", "-id"), labels, notation_of(get_language() or "")),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="clips-{timezone.localdate()}.csv"'},
    )


def _matching(request: PersonRequest, labels: list[Label]) -> ClipQuerySet:
    wanted: dict[str, Any] = HistoryForm(request.GET, labels=labels).wanted()
    return matching_clips(Clip.objects.visible_to(request.user), wanted)
