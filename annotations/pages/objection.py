"""The review of a clip as its owner sees it, and their objection to a prediction."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from annotations.imports.labels import DEFAULT_TASK
from annotations.models import QueueEntry
from annotations.pages.owner_section import section_context
from annotations.reviews.adjudication import object_to_prediction
from classifier.models import Clip, Task
from emotion_site.exceptions import UserError
from emotion_site.sign_in.guards import SignedInRequest


def _clip_of(request: SignedInRequest, pk: UUID) -> Clip:
    return get_object_or_404(Clip.objects.visible_to(request.user), pk=pk)


@login_required
@require_GET
def review_state(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The section alone, for a page on which the sharing was changed."""
    clip = _clip_of(request, pk)
    context = {"clip": clip, **section_context(request, clip)}
    return render(request, "annotations/_owner_section.html", context)


@login_required
@require_POST
def objection(request: SignedInRequest, pk: UUID) -> HttpResponse:
    clip = _clip_of(request, pk)
    task = Task.objects.get(slug=DEFAULT_TASK)
    try:
        object_to_prediction(
            owner=request.user,
            clip=clip,
            task=task,
            wished_label=request.POST.get("wished_label", ""),
            comment=request.POST.get("comment", "").replace("\0", ""),
        )
    except UserError as error:
        messages.error(request, str(error.detail))
        return redirect(clip)
    messages.success(request, _thanks(clip, task))
    return redirect(clip)


def _thanks(clip: Clip, task: Task) -> str:
    if not clip.shared_for_review:
        return _("Thank you, that is saved. Share the clip for review to have somebody listen.")
    entry = QueueEntry.objects.filter(clip=clip, task=task).first()
    if entry and not entry.is_open:
        return _("Thank you, that is saved. People have already reviewed this clip.")
    if entry and not entry.is_random:
        return _("Thank you. Your clip moves forward, and a reviewer will listen.")
    return _("Thank you, that is saved.")
