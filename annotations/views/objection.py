"""What an owner says and reads about the review of their clip."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from annotations.adjudication import object_to_prediction
from annotations.owner_section import TASK, section_context
from classifier.models import Clip, Task
from emotion_site.access import SignedInRequest
from emotion_site.exceptions import UserError


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
    try:
        object_to_prediction(
            owner=request.user,
            clip=clip,
            task=Task.objects.get(slug=TASK),
            wished_label=request.POST.get("wished_label", ""),
            comment=request.POST.get("comment", "").replace("\0", ""),
        )
    except UserError as error:
        messages.error(request, str(error.detail))
        return redirect(clip)
    if clip.shared_for_review:
        thanks = _("Thank you. Your clip moves forward, and a reviewer will listen.")
    else:
        thanks = _("Thank you, we keep it. Share the clip for review to have somebody listen.")
    messages.success(request, thanks)
    return redirect(clip)
