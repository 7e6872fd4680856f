"""How well reviewers agree with each other and with each model version."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from annotations.agreement import charts, csv_tables
from annotations.agreement.cached_report import report_of
from annotations.agreement.charts import Mark
from annotations.agreement.report import Report, VersionAgreement, with_all_pairs
from annotations.pages.requested_task import requested_task
from annotations.reviews.pseudonyms import pseudonym_of
from classifier.models import Label, Task
from emotion_site.sign_in.guards import SignedInRequest, reviewer_required
from emotion_site.web.csv import csv_text, notation_of

DRAWN_PAIRS = 10


@reviewer_required
@require_safe
def agreement(request: SignedInRequest) -> HttpResponse:
    task, tasks = requested_task(request)
    report = report_of(task)
    labels = list(task.labels.order_by("order"))
    context = {
        "task": task,
        "tasks": tasks,
        "report": report,
        "labels": labels,
        "strength": strength(report.overall.krippendorff_alpha),
        "zero": charts.ZERO,
        "me": pseudonym_of(request.user),
        **_pictures(report, labels),
    }
    return render(request, "annotations/agreement.html", context)


@reviewer_required
@require_safe
def agreement_csv(request: SignedInRequest, task: str, part: str) -> HttpResponse:
    found = Task.objects.filter(slug=task).first()
    if found is None or part not in csv_tables.PARTS:
        raise Http404
    report = report_of(found)
    if part == "pairs" and report.n_pairs > len(report.pairs):
        report = with_all_pairs(report, found)
    rows = csv_tables.PARTS[part](report)
    return HttpResponse(
        csv_text(rows, notation_of(get_language() or "")),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="agreement-{task}-{part}.csv"'},
    )


def strength(alpha: float | None) -> str:
    """In words, after Landis and Koch (1977); none below chance, or where it is not defined."""
    if alpha is None or alpha < 0:
        return ""
    words = [
        (0.81, pgettext("agreement", "almost perfect")),
        (0.61, pgettext("agreement", "substantial")),
        (0.41, pgettext("agreement", "moderate")),
        (0.21, pgettext("agreement", "fair")),
        (0.0, pgettext("agreement", "slight")),
    ]
    return next(word for least, word in words if alpha >= least)


def _pictures(report: Report, labels: list[Label]) -> dict[str, Any]:
    overall = [
        (_("Raw agreement"), "raw_agreement"),
        (_("Fleiss' kappa"), "fleiss_kappa"),
        (_("Krippendorff's alpha"), "krippendorff_alpha"),
    ]
    marks = [
        Mark(name, getattr(report.overall, figure), report.intervals[figure]) for name, figure in overall
    ]
    return {
        "overall_marks": marks,
        "label_marks": [
            Mark(str(label), row.figures.agreement, colour=label.colour)
            for label, row in zip(labels, report.per_label, strict=True)
        ],
        "label_rows": list(zip(labels, report.per_label, strict=True)),
        "confusion": list(zip(labels, charts.heat(report.confusion), strict=True)),
        "pair_marks": [
            Mark(f"{pair.first} · {pair.second}", pair.cohen_kappa) for pair in report.pairs[:DRAWN_PAIRS]
        ],
        "weekly": charts.weekly_chart(report.weeks, overall[::2]),
        "version_marks": [_version_mark(version) for version in report.versions],
        "few_voices": [version.number for version in report.versions if version.has_few_voices],
        "version_confusion": _version_confusion(report, labels),
    }


def _version_mark(version: VersionAgreement) -> Mark:
    return Mark(_("Version %(number)d") % {"number": version.number}, version.accuracy, version.interval)


def _version_confusion(report: Report, labels: list[Label]) -> list[tuple[int, list[Any]]]:
    """For each version, newest first: its confusion matrix against the reviewers."""
    return [
        (
            version.number,
            list(zip(labels, charts.heat(charts.row_shares(version.table)), strict=True)),
        )
        for version in report.versions
    ]
