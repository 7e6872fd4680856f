"""Which versions there are, which one serves, and which served when."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from annotations.pages.requested_task import requested_task
from classifier.models import Clip, ModelVersion, Task
from emotion_site.sign_in.guards import SignedInRequest, admin_required
from emotion_site.web.dates import parse_date
from emotion_site.web.whole_numbers import whole_number
from training.models import PredictionJob, Promotion
from training.pages.decisions import errors_as_messages, posted_reason
from training.pages.version_rows import version_rows
from training.versions import promotion, repredict_requests

MOST_LOGGED, MOST_JOBS = 50, 5


@admin_required
@require_safe
def versions(request: SignedInRequest) -> HttpResponse:
    task, tasks = requested_task(request)
    current = ModelVersion.objects.active(task.slug).first()
    log = Promotion.objects.filter(task=task).select_related("from_version", "to_version", "actor")
    rows = version_rows(task)
    context = {
        "task": task,
        "tasks": tasks,
        "rows": rows,
        "serving": next((row for row in rows if row.version.is_active), None),
        "current": current,
        "before": promotion.version_before(current) if current else None,
        "log": log[:MOST_LOGGED],
        **_served_at(task, request.GET.get("at", "")),
        **_prediction_jobs(task, current),
    }
    return render(request, "training/versions.html", context)


@admin_required
@require_POST
def promote(request: SignedInRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(ModelVersion.objects.select_related("task"), pk=pk)
    with errors_as_messages(request):
        promotion.promote_version(
            version=version,
            administrator=request.user,
            reason=posted_reason(request),
            instead_of=_version_seen(request),
        )
        text = _("%(version)s comes into service within two seconds.") % {"version": version}
        messages.success(request, text[:1].upper() + text[1:])
    return _back(version.task)


@admin_required
@require_POST
def roll_back(request: SignedInRequest) -> HttpResponse:
    task = _posted_task(request)
    previous = ModelVersion.objects.active(task.slug).first()
    with errors_as_messages(request):
        version = promotion.roll_back(
            task=task,
            administrator=request.user,
            reason=posted_reason(request),
            instead_of=_version_seen(request),
        )
        text = _("%(version)s comes into service within two seconds.") % {"version": version}
        messages.success(request, text[:1].upper() + text[1:])
        if previous:
            _warn_of_stale_clips(request, previous)
    return _back(task)


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm, then delete: the files cannot be restored."""
    version = get_object_or_404(ModelVersion.objects.select_related("task"), pk=pk)
    if request.method != "POST":
        context = {"version": version, "n_predictions": version.predictions.count()}
        return render(request, "training/delete_version.html", context)
    with errors_as_messages(request):
        promotion.delete_version(version=version, administrator=request.user)
        messages.success(
            request, _("The files of version %(number)d are deleted.") % {"number": version.number}
        )
    return _back(version.task)


@admin_required
@require_POST
def predict_again(request: SignedInRequest) -> HttpResponse:
    """Predict the clips again that show the prediction of another version."""
    task = _posted_task(request)
    current = get_object_or_404(ModelVersion.objects.active(task.slug))
    with errors_as_messages(request):
        clips = repredict_requests.clips_to_repredict(current)
        job = repredict_requests.start_prediction_job(person=request.user, task=task, clips=clips)
        text = ngettext("%(count)d clip is heard again.", "%(count)d clips are heard again.", job.total)
        messages.success(request, text % {"count": job.total})
    return _back(task)


@admin_required
@require_GET
def jobs(request: SignedInRequest) -> HttpResponse:
    """The section about predicting again, which reloads itself while a worker is busy."""
    task, _tasks = requested_task(request)
    current = ModelVersion.objects.active(task.slug).first()
    context = {"task": task, "current": current, **_prediction_jobs(task, current)}
    return render(request, "training/_predict_again.html", context)


def _warn_of_stale_clips(request: HttpRequest, previous: ModelVersion) -> None:
    count = Clip.objects.present().filter(answered_by=previous).count()
    if count:
        text = ngettext(
            "%(count)d clip still shows the answer of version %(number)d, which was taken back. It can be "
            "predicted again below.",
            "%(count)d clips still show the answer of version %(number)d, which was taken back. They can be "
            "predicted again below.",
            count,
        )
        messages.warning(request, text % {"count": count, "number": previous.number})


def _served_at(task: Task, text: str) -> dict[str, Any]:
    """The version in service at the time in the form, which shows it again."""
    if (moment := parse_date(text)) is None:
        return {"at": ""}
    return {"at": text, "moment": moment, "served": promotion.in_service_at(task, moment)}


def _prediction_jobs(task: Task, current: ModelVersion | None) -> dict[str, Any]:
    """How many clips could be predicted again, unless a worker is busy with it, and the jobs so far."""
    found = list(PredictionJob.objects.filter(task=task).select_related("version")[:MOST_JOBS])
    busy = {PredictionJob.State.WAITING, PredictionJob.State.RUNNING}
    is_busy = any(job.state in busy for job in found)
    n_to_repredict = repredict_requests.clips_to_repredict(current).count() if current and not is_busy else 0
    return {"jobs": found, "is_busy": is_busy, "n_to_repredict": n_to_repredict}


def _version_seen(request: HttpRequest) -> int | None:
    """The version that the page showed as the one in service."""
    return whole_number(request.POST.get("instead_of", ""))


def _posted_task(request: HttpRequest) -> Task:
    return get_object_or_404(Task, slug=request.POST.get("task", ""))


def _back(task: Task) -> HttpResponse:
    return redirect(f"{reverse('training:versions')}?task={task.slug}")
