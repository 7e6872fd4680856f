"""The list of training runs, and the form that starts one."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from annotations.pages.requested_task import requested_task
from classifier.models import ModelVersion, Task
from emotion_site.exceptions import UserError
from emotion_site.sign_in.guards import SignedInRequest, admin_required
from emotion_site.web.whole_numbers import whole_number
from training.datasets.trainable import refusal_of
from training.models import Snapshot, TrainingRun
from training.pages.run_texts import MODES, duration_text
from training.runs.presets import estimated_seconds
from training.runs.services import latest_snapshot, start_run

MOST_LISTED = 50


class StartForm(forms.Form):
    """For one task, whose snapshots and versions it offers; ``wanted`` may name one of each by its number."""

    snapshot = forms.ModelChoiceField(
        Snapshot.objects.none(),
        to_field_name="number",
        empty_label=None,
        label=gettext_lazy("Snapshot"),
    )
    start_version = forms.ModelChoiceField(
        ModelVersion.objects.none(),
        to_field_name="number",
        empty_label=None,
        label=gettext_lazy("Start from"),
    )
    mode = forms.ChoiceField(choices=TrainingRun.Mode.choices, label=gettext_lazy("What is trained"))

    def __init__(self, task: Task, data: QueryDict | None, wanted: QueryDict | None = None) -> None:
        active = ModelVersion.objects.active(task.slug).first()
        latest = latest_snapshot(task)
        first = {
            "snapshot": _number(wanted, "snapshot") or (latest and latest.number),
            "start_version": _number(wanted, "start_version") or (active and active.number),
            "mode": TrainingRun.Mode.HEAD,
        }
        super().__init__(data, initial=first, label_suffix="")
        snapshots = Snapshot.objects.filter(task=task).exclude(state=Snapshot.State.FAILED)
        ready = ModelVersion.objects.filter(task=task, status=ModelVersion.Status.READY)
        self._offer("snapshot", snapshots)
        self._offer("start_version", ready.order_by("-number"))
        self.has_snapshots = snapshots.exists()

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = rows


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def runs(request: SignedInRequest) -> HttpResponse:
    task, tasks = requested_task(request)
    form = StartForm(task, request.POST or None, request.GET)
    if request.method == "POST" and form.is_valid():
        try:
            run = start_run(administrator=request.user, **form.cleaned_data)
        except UserError as error:
            messages.error(request, str(error.detail))
        else:
            messages.success(request, _("The training run is queued. Follow it on this page."))
            return redirect("training:run", pk=run.pk)
    found = TrainingRun.objects.filter(task=task)
    related = found.select_related("snapshot", "start_version", "version", "started_by")
    context: dict[str, Any] = {
        "task": task,
        "tasks": tasks,
        "form": form,
        "modes": [(mode, mode.label, MODES[mode]) for mode in TrainingRun.Mode],
        "chosen": form["mode"].value(),
        "runs": related[:MOST_LISTED],
        "unfinished": found.unfinished().first(),
        **_estimate(dict(form.initial), task),
    }
    status = 400 if form.is_bound else 200
    return render(request, "training/runs.html", context, status=status)


@admin_required
@require_GET
def estimate(request: SignedInRequest) -> HttpResponse:
    """How long what is chosen in the form would take about, or why it cannot be."""
    task, _tasks = requested_task(request)
    form = StartForm(task, request.GET)
    estimate: dict[str, str] = {}
    if form.is_valid():
        chosen = form.cleaned_data
        estimate = _expected(chosen["snapshot"], chosen["mode"], chosen["start_version"])
    return render(request, "training/_estimate.html", estimate)


def _number(wanted: QueryDict | None, name: str) -> int | None:
    return whole_number(wanted.get(name, ""), digits=9) if wanted else None


def _estimate(initial: dict[str, Any], task: Task) -> dict[str, str]:
    snapshot = Snapshot.objects.filter(task=task, number=initial["snapshot"]).first()
    version = ModelVersion.objects.filter(task=task, number=initial["start_version"]).first()
    return _expected(snapshot, initial["mode"], version) if snapshot and version else {}


def _expected(snapshot: Snapshot, mode: str, version: ModelVersion) -> dict[str, str]:
    if refusal := refusal_of(snapshot):
        return {"refusal": str(refusal.detail)}
    parameters = version.manifest.get("parameters")
    if not parameters:
        return {}
    seconds = estimated_seconds(snapshot=snapshot, mode=mode, parameters=parameters)
    return {"estimate": duration_text(seconds)}
