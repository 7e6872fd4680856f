"""One training run: its progress while it runs, then the verdict and the decision about its version."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import get_script_prefix
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from annotations.agreement import charts
from annotations.queue.offers import playable_by
from classifier.models import Label, ModelVersion
from emotion_site.models import User
from emotion_site.sign_in.guards import SignedInRequest, admin_required
from training.models import TrainingRun
from training.pages import verdict_texts
from training.pages.curves import plots_of
from training.pages.decisions import errors_as_messages, posted_reason
from training.pages.run_texts import duration_text, local_log, problem_of, stage_of
from training.runs.services import approve_run, cancel_run, reject_run

SHOWN_LINES, CHANGES_PER_PAGE = 40, 20


@admin_required
@require_safe
def run(request: SignedInRequest, pk: UUID) -> HttpResponse:
    row = _get_run(pk)
    labels = list(row.task.labels.order_by("order"))
    context = {
        **_live(row),
        "labels": labels,
        "problem": problem_of(row),
        "in_service": ModelVersion.objects.active(row.task.slug).first(),
        "may_approve": row.may_be_approved,
        "may_reject": row.state == TrainingRun.State.WAITING_FOR_APPROVAL,
        **(_verdict(row.verdict, labels, request) if row.verdict else {}),
    }
    return render(request, "training/run.html", context)


@admin_required
@require_GET
def live(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The part that moves while it runs; at the end the browser reloads the whole page, with the verdict."""
    row = _get_run(pk)
    response = render(request, "training/_live.html", _live(row))
    if not row.is_unfinished:
        response["HX-Refresh"] = "true"
    return response


@admin_required
@require_POST
def cancel(request: SignedInRequest, pk: UUID) -> HttpResponse:
    row = _get_run(pk)
    with errors_as_messages(request):
        cancel_run(run=row, administrator=request.user)
        messages.success(request, _("The run is being cancelled."))
    return redirect("training:run", pk=pk)


@admin_required
@require_POST
def approve(request: SignedInRequest, pk: UUID) -> HttpResponse:
    row = _get_run(pk)
    with errors_as_messages(request):
        approve_run(run=row, administrator=request.user, reason=posted_reason(request))
        number = row.version.number if row.version else 0
        messages.success(
            request, _("Version %(number)d comes into service within two seconds.") % {"number": number}
        )
    return redirect("training:run", pk=pk)


@admin_required
@require_POST
def reject(request: SignedInRequest, pk: UUID) -> HttpResponse:
    row = _get_run(pk)
    with errors_as_messages(request):
        reject_run(run=row, administrator=request.user, reason=posted_reason(request))
        messages.success(request, _("The version stays out of service."))
    return redirect("training:run", pk=pk)


def _get_run(pk: UUID) -> TrainingRun:
    related = ["task", "snapshot", "start_version", "version", "compared_with", "started_by", "decided_by"]
    return get_object_or_404(TrainingRun.objects.select_related(*related), pk=pk)


def _live(row: TrainingRun) -> dict[str, Any]:
    return {
        "run": row,
        # A route of sockets, which `reverse` knows nothing of.
        "socket_path": f"{get_script_prefix()}live/runs/{row.pk}/",
        "stage": stage_of(row),
        "time_left": "" if row.seconds_left is None else duration_text(row.seconds_left),
        "estimate": "" if row.estimated_seconds is None else duration_text(row.estimated_seconds),
        "plots": plots_of(row.curves),
        "log_lines": local_log(row, most=SHOWN_LINES),
    }


def _verdict(verdict: dict[str, Any], labels: Sequence[Label], request: SignedInRequest) -> dict[str, Any]:
    names = {label.key: str(label) for label in labels}
    figures = verdict["figures"]
    page = Paginator(figures.get("changed", []), CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    sides = [("candidate", _("New version")), ("active", _("In service"))]
    return {
        "outcome": verdict_texts.outcome_text(verdict),
        "reasons": verdict_texts.reason_texts(verdict, names),
        "rules": verdict_texts.rule_texts(verdict["rules"]) if "rules" in verdict else [],
        "metric_rows": verdict_texts.metric_rows(figures, names),
        "confusions": [(name, _heat(figures[side], labels)) for side, name in sides if side in figures],
        "page": page,
        "changes": _changes(list(page.object_list), names, request.user),
        "n_changed": figures.get("n_changed", 0),
    }


def _heat(figures: dict[str, Any], labels: Sequence[Label]) -> list[tuple[Label, list[charts.Cell]]]:
    return list(zip(labels, charts.heat(charts.row_shares(figures["confusion"])), strict=False))


def _changes(changed: Sequence[dict[str, Any]], names: dict[str, str], person: User) -> list[dict[str, Any]]:
    """Clips on which the versions differ, with their audio if this person may listen to it."""
    wanted = [each["clip"] for each in changed]
    hearable = {str(pk) for pk in playable_by(person).filter(pk__in=wanted).values_list("pk", flat=True)}
    return [
        {
            "clip": each["clip"],
            "is_hearable": each["clip"] in hearable,
            "label": names.get(each["label"], each["label"]),
            "before": names.get(each["before"], each["before"]),
            "after": names.get(each["after"], each["after"]),
            "is_better": each["after"] == each["label"],
            "is_worse": each["before"] == each["label"],
        }
        for each in changed
    ]
