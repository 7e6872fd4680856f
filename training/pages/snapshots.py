"""Snapshots: frozen here, written by a worker, used by training runs."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from annotations.pages.requested_task import requested_task
from classifier.models import Task
from emotion_site.sign_in.guards import SignedInRequest, admin_required
from training.datasets.freezing import FreezeOptions, freeze_snapshot
from training.pages.decisions import errors_as_messages
from training.pages.snapshot_rows import snapshot_rows

MOST_LISTED = 30


class FreezeForm(forms.Form):
    task = forms.ModelChoiceField(
        Task.objects.all(), to_field_name="slug", widget=forms.HiddenInput, empty_label=None
    )
    with_corpora = forms.BooleanField(
        label=gettext_lazy("With imported corpora, so that the model does not forget what it knew"),
        required=False,
        initial=True,
    )


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def snapshots(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST":
        return _freeze(request)
    task, tasks = requested_task(request)
    form = FreezeForm(initial={"task": task.slug}, label_suffix="")
    context = {"tasks": tasks, "form": form, **_listed(task)}
    return render(request, "training/snapshots.html", context)


@admin_required
@require_GET
def snapshot_list(request: SignedInRequest) -> HttpResponse:
    """The list alone, which reloads itself while a worker writes."""
    task, _tasks = requested_task(request)
    return render(request, "training/_snapshots.html", _listed(task))


def _freeze(request: SignedInRequest) -> HttpResponse:
    form = FreezeForm(request.POST)
    if not form.is_valid():
        return redirect("training:snapshots")
    task = form.cleaned_data["task"]
    with errors_as_messages(request):
        options = FreezeOptions(with_corpora=form.cleaned_data["with_corpora"])
        frozen = freeze_snapshot(task=task, administrator=request.user, options=options)
        number = {"number": frozen.snapshot.number}
        if frozen.created:
            messages.success(request, _("Snapshot %(number)d is frozen and being written.") % number)
        else:
            text = _("Nothing has changed since snapshot %(number)d. Use that one.")
            messages.info(request, text % number)
    return redirect(f"{reverse('training:snapshots')}?task={task.slug}")


def _listed(task: Task) -> dict[str, Any]:
    rows = snapshot_rows(task, MOST_LISTED)
    is_busy = any(row.snapshot.state == row.snapshot.State.WRITING for row in rows)
    return {"task": task, "rows": rows, "is_busy": is_busy}
