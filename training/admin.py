"""Training in the Django admin: rows to look at, and the buttons that change which version serves."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classifier.admin import ModelVersionAdmin
from classifier.models import ModelVersion
from emotion_site.admin import LookOnlyAdmin
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.web.admin_lookups import FilteredAdmin
from training.models import (
    GatePolicy,
    PredictionJob,
    Promotion,
    Snapshot,
    SnapshotClip,
    SpeakerSplit,
    TrainingRun,
)
from training.runs.services import cancel_run

# With links to the pages of the site where training is done.
CHANGE_LIST = "training/admin_change_list.html"

admin.site.unregister(ModelVersion)


@admin.register(ModelVersion)
class TrainableVersionAdmin(ModelVersionAdmin):
    change_list_template = CHANGE_LIST
    actions = ["retrain", "promote"]

    @admin.action(description=gettext_lazy("Retrain from the chosen version"))
    def retrain(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> HttpResponse | None:
        version = _only_one(self, request, queryset.select_related("task"))
        return version and _to_page("runs", task=version.task.slug, start_version=version.number)

    @admin.action(description=gettext_lazy("Put the chosen version into service"))
    def promote(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> HttpResponse | None:
        """On the site's page, which knows the version that the administrator saw in service."""
        version = _only_one(self, request, queryset.select_related("task"))
        return version and _to_page("versions", f"version-{version.number}", task=version.task.slug)


@admin.register(Snapshot)
class SnapshotAdmin(LookOnlyAdmin):
    list_display = ["task", "number", "state", "n_clips", "n_erased", "created_by", "created"]
    list_filter = ["task", "state"]
    list_select_related = ["task", "created_by"]
    change_list_template = CHANGE_LIST
    actions = ["retrain"]

    @admin.action(description=gettext_lazy("Retrain on the chosen snapshot"))
    def retrain(self, request: HttpRequest, queryset: QuerySet[Snapshot]) -> HttpResponse | None:
        snapshot = _only_one(self, request, queryset.select_related("task"))
        return snapshot and _to_page("runs", task=snapshot.task.slug, snapshot=snapshot.number)


@admin.register(TrainingRun)
class TrainingRunAdmin(LookOnlyAdmin):
    list_display = [
        "id",
        "task",
        "snapshot",
        "mode",
        "state",
        "percent_done",
        "version",
        "error_code",
        "created",
    ]
    list_filter = ["task", "state", "mode"]
    list_select_related = ["task", "snapshot", "version"]
    change_list_template = CHANGE_LIST
    actions = ["cancel"]

    @admin.display(description=gettext_lazy("progress in percent"), ordering="progress")
    def percent_done(self, obj: TrainingRun) -> int:
        return obj.percent

    def view_on_site(self, obj: TrainingRun) -> str:
        return reverse("training:run", args=[obj.pk])

    @admin.action(description=gettext_lazy("Cancel the chosen runs"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[TrainingRun]) -> None:
        for run in queryset:
            try:
                cancel_run(run=run, administrator=_person(request))
            except UserError as error:
                self.message_user(request, str(error.detail), messages.ERROR)


@admin.register(SnapshotClip)
class SnapshotClipAdmin(LookOnlyAdmin):
    list_display = ["clip_key", "snapshot", "label", "how", "split", "speaker", "erased"]
    list_filter = ["split", "erased", "label"]
    list_select_related = ["snapshot", "label"]
    raw_id_fields = ["clip"]


@admin.register(SpeakerSplit)
class SpeakerSplitAdmin(LookOnlyAdmin):
    """Without names: which pseudonym is whose stays between the owner and the site."""

    list_display = ["pseudonym", "task", "split"]
    list_select_related = ["task"]
    fields = ["pseudonym", "task", "split"]


@admin.register(Promotion)
class PromotionAdmin(LookOnlyAdmin):
    change_list_template = CHANGE_LIST
    list_display = ["created", "task", "kind", "from_version", "to_version", "actor", "reason"]
    list_filter = ["task", "kind"]
    list_select_related = ["task", "from_version", "to_version", "actor"]


@admin.register(GatePolicy)
class GatePolicyAdmin(FilteredAdmin):
    list_display = [
        "task",
        "promotes_by_itself",
        "recall_drop",
        "accuracy_drop",
        "noisy_drop",
        "speed_factor",
    ]
    list_select_related = ["task"]


@admin.register(PredictionJob)
class PredictionJobAdmin(LookOnlyAdmin):
    change_list_template = CHANGE_LIST
    list_display = ["id", "version", "asked_by", "state", "done", "of_all", "failed", "created"]
    list_select_related = ["version", "asked_by"]

    @admin.display(description=gettext_lazy("clips"))
    def of_all(self, obj: PredictionJob) -> int:
        return obj.total


def _only_one(where: admin.ModelAdmin[Any], request: HttpRequest, chosen: QuerySet[Any]) -> Any:
    if len(chosen) == 1:
        return chosen[0]
    where.message_user(request, _("Choose one row."), messages.ERROR)
    return None


def _to_page(name: str, fragment: str = "", **query: Any) -> HttpResponse:
    """To the site's own page, which has the form and the estimated time."""
    return redirect(reverse(f"training:{name}", query=query, fragment=fragment or None))


def _person(request: HttpRequest) -> User:
    """The signed-in person; the admin rejects anonymous requests."""
    if not isinstance(request.user, User):
        raise PermissionError
    return request.user
