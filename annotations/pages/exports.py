"""Exports of labels: started here, made by a worker, downloaded as one file."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from annotations.exports.jobs import KEPT_FOR, export_path
from annotations.exports.services import delete_export, start_export
from annotations.exports.upkeep import drop_if_withdrawn
from annotations.imports.labels import DEFAULT_TASK
from annotations.models import LabelExport
from classifier.models import Task
from classifier.pages.forms import SOUND_DAYS
from emotion_site.sign_in.guards import SignedInRequest, admin_required

MOST_LISTED = 50
PIECE = 256 * 1024


class ExportForm(forms.Form):
    task = forms.ModelChoiceField(
        Task.objects.order_by("pk"), to_field_name="slug", empty_label=None, label=gettext_lazy("Task")
    )
    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=LabelExport.Format.choices)
    since = forms.DateField(
        label=gettext_lazy("Decided since (or all)"),
        required=False,
        validators=SOUND_DAYS,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def since_midnight(self) -> datetime | None:
        day = self.cleaned_data["since"]
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: SignedInRequest) -> HttpResponse:
    form = ExportForm(request.POST or None, initial={"task": DEFAULT_TASK}, label_suffix="")
    if request.method == "POST" and form.is_valid():
        start_export(
            administrator=request.user,
            task=form.cleaned_data["task"],
            format=form.cleaned_data["format"],
            since=form.since_midnight(),
        )
        return redirect("annotations:exports")
    status = 400 if form.is_bound else 200
    return render(request, "annotations/exports.html", {"form": form, **_listed()}, status=status)


@admin_required
@require_GET
def export_list(request: SignedInRequest) -> HttpResponse:
    """The list fragment, which polls itself while a worker is busy."""
    return render(request, "annotations/_exports.html", _listed())


def _listed() -> dict[str, Any]:
    found = list(LabelExport.objects.select_related("task")[:MOST_LISTED])
    unfinished = {LabelExport.Status.WAITING, LabelExport.Status.RUNNING}
    return {
        "exports": found,
        "is_busy": any(export.status in unfinished for export in found),
        "hours": KEPT_FOR // timedelta(hours=1),
    }


@admin_required
@require_GET
def download(request: SignedInRequest, pk: UUID) -> HttpResponse | StreamingHttpResponse:
    export = get_object_or_404(LabelExport.objects.select_related("task"), pk=pk, status="done")
    # A worker does this too, but may be busy for long.
    if drop_if_withdrawn(export):
        return redirect("annotations:exports")
    try:
        file = export_path(export).open("rb")
    except FileNotFoundError:
        raise Http404 from None
    name = f"labels-{export.task.slug}-{timezone.localtime(export.created):%Y-%m-%d-%H%M}.zip"
    return StreamingHttpResponse(
        _pieces(file),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(os.fstat(file.fileno()).st_size),
        },
    )


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """Django would read an ordinary file to its end before it sends the first byte."""
    with file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


@admin_required
@require_POST
def delete(request: SignedInRequest, pk: UUID) -> HttpResponse:
    export = LabelExport.objects.filter(pk=pk).first()
    if export is not None:  # pressed twice
        delete_export(export=export, administrator=request.user)
    messages.success(request, _("The export is deleted."))
    return redirect("annotations:exports")
