"""The page of one clip, and the small forms on it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from classifier.clips.details import name_speaker, rename_clip
from classifier.clips.sharing import set_sharing
from classifier.clips.submit import retry_clip
from classifier.models import Clip, Label
from classifier.pages.clip.advice import quality_figures
from classifier.pages.clip.result import latest_result, result_of
from classifier.pages.clip.sections import rendered_sections
from classifier.pages.forms import DetailsForm, SharingForm
from classifier.pages.requests import PersonRequest


def _clip_of(request: PersonRequest, pk: UUID) -> Clip:
    return get_object_or_404(Clip.objects.visible_to(request.user).with_predictions(), pk=pk)


def result_context(clip: Clip) -> dict[str, Any]:
    return {"clip": clip, "result": latest_result(clip, list(Label.objects.of_task()))}


@login_required
@require_GET
def show(request: PersonRequest, pk: UUID) -> HttpResponse:
    clip = _clip_of(request, pk)
    return render(request, "classifier/clip/clip.html", _page_context(request, clip))


def _page_context(request: PersonRequest, clip: Clip) -> dict[str, Any]:
    labels = list(Label.objects.of_task())
    predictions = sorted(clip.predictions.all(), key=lambda p: -p.model_version.number)
    return {
        "clip": clip,
        "result": latest_result(clip, labels),
        "labels": labels,
        "every_version": [result_of(prediction, clip, labels) for prediction in predictions],
        "quality_figures": quality_figures(clip.quality),
        "details_form": DetailsForm(instance=clip, label_suffix=""),
        "sections": rendered_sections(request, clip),
    }


@login_required
@require_GET
def result(request: PersonRequest, pk: UUID) -> HttpResponse:
    """The result fragment, for htmx."""
    return render(request, "classifier/clip/_result.html", result_context(_clip_of(request, pk)))


@login_required
@require_POST
def edit(request: PersonRequest, pk: UUID) -> HttpResponse:
    clip = _clip_of(request, pk)
    form = DetailsForm(request.POST, instance=clip, label_suffix="")
    if not form.is_valid():
        context = _page_context(request, _clip_of(request, pk)) | {"details_form": form}
        return render(request, "classifier/clip/clip.html", context, status=400)
    rename_clip(clip=clip, title=form.cleaned_data["title"])
    name_speaker(clip=clip, speaker=form.cleaned_data["speaker"])
    messages.success(request, _("Saved."))
    return redirect(clip)


@login_required
@require_POST
def share(request: PersonRequest, pk: UUID) -> HttpResponse:
    clip = _clip_of(request, pk)
    form = SharingForm(request.POST)
    form.is_valid()  # two check boxes: anything that is not sent is off
    set_sharing(
        clip=clip,
        review=form.cleaned_data["shared_for_review"],
        training=form.cleaned_data["shared_for_training"],
    )
    if request.htmx:
        response = render(request, "classifier/clip/_sharing.html", {"clip": clip, "saved": True})
        # Sections of later apps that speak of it bring themselves up to date.
        return trigger_client_event(response, "sharing-changed")
    messages.success(request, _("Saved."))
    return redirect(clip)


@login_required
@require_POST
def retry(request: PersonRequest, pk: UUID) -> HttpResponse:
    """Retry the prediction of a clip that failed."""
    clip = _clip_of(request, pk)
    retry_clip(clip=clip)
    if request.htmx:
        return render(request, "classifier/clip/_result.html", result_context(clip))
    return redirect(clip)
