"""Which versions there are, which one serves, and which served when."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from annotations.pages.asked_task import asked_task
from classifier.models import Clip, ModelVersion, Task
from emotion_site.sign_in.guards import SignedInRequest, admin_required
from emotion_site.web.dates import parse_date
from training.models import PredictionJob, Promotion
from training.pages.telling import reason_given, refusals_told
from training.pages.version_rows import version_rows
from training.versions.promotion import (
    delete_version,
    in_service_at,
    promote_version,
    roll_back,
    version_before,
)
from training.versions.repredict_requests import clips_to_repeat, predict_again

MOST_LOGGED, MOST_JOBS = 50, 5


@admin_required
@require_safe
def versions(request: SignedInRequest) -> HttpResponse:
    task, tasks = asked_task(request)
    current = ModelVersion.objects.active(task.slug).first()
    log = Promotion.objects.filter(task=task).select_related("from_version", "to_version", "actor")
    rows = version_rows(task)
    context = {
        "task": task,
        "tasks": tasks,
        "rows": rows,
        "serving": next((row for row in rows if row.version.is_active), None),
        "current": current,
        "before": version_before(current) if current else None,
        "log": log[:MOST_LOGGED],
        **_served_at(task, request.GET.get("at", "")),
        **_again(task, current),
    }
    return render(request, "training/versions.html", context)


@admin_required
@require_POST
def promote(request: SignedInRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(ModelVersion.objects.select_related("task"), pk=pk)
    with refusals_told(request):
        promote_version(
            version=version,
            administrator=request.user,
            reason=reason_given(request),
            instead_of=_seen(request),
        )
        text = _("%(version)s comes into service within two seconds.") % {"version": version}
        messages.success(request, text[:1].upper() + text[1:])
    return _back(version.task)


@admin_required
@require_POST
def take_back(request: SignedInRequest) -> HttpResponse:
    task = _posted_task(request)
    taken_back = ModelVersion.objects.active(task.slug).first()
    with refusals_told(request):
        version = roll_back(
            task=task, administrator=request.user, reason=reason_given(request), instead_of=_seen(request)
        )
        text = _("%(version)s comes into service within two seconds.") % {"version": version}
        messages.success(request, text[:1].upper() + text[1:])
        if taken_back:
            _tell_what_it_left(request, taken_back)
    return _back(task)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Asks first: the files cannot be had back."""
    version = get_object_or_404(ModelVersion.objects.select_related("task"), pk=pk)
    if request.method != "POST":
        context = {"version": version, "n_predictions": version.predictions.count()}
        return render(request, "training/delete_version.html", context)
    with refusals_told(request):
        delete_version(version=version, administrator=request.user)
        messages.success(
            request, _("The files of version %(number)d are deleted.") % {"number": version.number}
        )
    return _back(version.task)


@admin_required
@require_POST
def repeat(request: SignedInRequest) -> HttpResponse:
    """Let the version in service hear the clips that show the answer of another one."""
    task = _posted_task(request)
    current = get_object_or_404(ModelVersion.objects.active(task.slug))
    with refusals_told(request):
        job = predict_again(person=request.user, task=task, clips=clips_to_repeat(current))
        text = ngettext("%(count)d clip is heard again.", "%(count)d clips are heard again.", job.total)
        messages.success(request, text % {"count": job.total})
    return _back(task)


@admin_required
@require_GET
def jobs(request: SignedInRequest) -> HttpResponse:
    """The section of predicting again, which asks for itself again while a worker is busy."""
    task, _tasks = asked_task(request)
    current = ModelVersion.objects.active(task.slug).first()
    context = {"task": task, "current": current, **_again(task, current)}
    return render(request, "training/_again.html", context)


def _tell_what_it_left(request: HttpRequest, taken_back: ModelVersion) -> None:
    count = Clip.objects.present().filter(answered_by=taken_back).count()
    if count:
        text = ngettext(
            "%(count)d clip still shows the answer of version %(number)d, which was taken back. It can be "
            "predicted again below.",
            "%(count)d clips still show the answer of version %(number)d, which was taken back. They can be "
            "predicted again below.",
            count,
        )
        messages.warning(request, text % {"count": count, "number": taken_back.number})


def _served_at(task: Task, text: str) -> dict[str, Any]:
    """What was in service at a moment that somebody asked for; the form shows it again."""
    if (moment := parse_date(text)) is None:
        return {"at": ""}
    return {"at": text, "moment": moment, "served": in_service_at(task, moment)}


def _again(task: Task, current: ModelVersion | None) -> dict[str, Any]:
    """How many clips could be predicted again, once no worker is busy with it, and the jobs so far."""
    found = list(PredictionJob.objects.filter(task=task).select_related("version")[:MOST_JOBS])
    busy = {PredictionJob.State.WAITING, PredictionJob.State.RUNNING}
    is_busy = any(job.state in busy for job in found)
    n_to_repeat = clips_to_repeat(current).count() if current and not is_busy else 0
    return {"jobs": found, "is_busy": is_busy, "n_to_repeat": n_to_repeat}


def _seen(request: HttpRequest) -> int | None:
    """The version that the page showed as the one in service."""
    text = request.POST.get("instead_of", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _posted_task(request: HttpRequest) -> Task:
    return get_object_or_404(Task, slug=request.POST.get("task", ""))


def _back(task: Task) -> HttpResponse:
    return redirect(f"{reverse('training:versions')}?task={task.slug}")
