"""Clips about which reviewers disagree, for an administrator to settle."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from annotations.pages.requested_task import requested_task
from annotations.reviews.listings import conflicts_of, votes_by_clip
from emotion_site.sign_in.guards import SignedInRequest, admin_required
from emotion_site.web.keyset import LATEST_FIRST, page_of


@admin_required
@require_safe
def conflicts(request: SignedInRequest) -> HttpResponse:
    task, tasks = requested_task(request)
    found = conflicts_of(task, request.user)
    page = page_of(found, order=LATEST_FIRST, cursor=request.GET.get("cursor", ""))
    votes = votes_by_clip(task, [decision.clip_id for decision in page.rows])
    context = {
        "task": task,
        "tasks": tasks,
        "page": page,
        "rows": [(decision, votes[decision.clip_id]) for decision in page.rows],
        "count": found.count(),
    }
    return render(request, "annotations/conflicts.html", context)
