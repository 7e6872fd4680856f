"""Rows to look at. Audio is played on the pages, where the owner's consent is checked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from classifier.models import Clip, Corpus, Label, ModelVersion, Prediction, Task
from emotion_site.admin import LookOnlyAdmin
from emotion_site.web.admin_lookups import FilteredAdmin


class LabelInline(admin.TabularInline[Label, Task]):
    """A model version predicts the labels it learned: then only looks and words may change."""

    model = Label
    extra = 0
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 3, "cols": 40})}}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["key", "order"] if _is_learned(obj) else []

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_learned(obj) and super().has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _is_learned(obj) and super().has_delete_permission(request, obj)


@admin.register(Task)
class TaskAdmin(FilteredAdmin):
    list_display = ["slug", "name"]
    inlines = [LabelInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["slug"] if _is_learned(obj) else []


def _is_learned(task: Task | None) -> bool:
    return task is not None and task.model_versions.exists()


@admin.register(Corpus)
class CorpusAdmin(LookOnlyAdmin):
    list_display = ["name", "task", "created"]
    list_select_related = ["task"]


@admin.register(ModelVersion)
class ModelVersionAdmin(LookOnlyAdmin):
    list_display = ["task", "number", "origin", "status", "is_active", "created", "activated_at"]
    list_filter = ["task", "origin", "is_active"]
    list_select_related = ["task"]


@admin.register(Clip)
class ClipAdmin(LookOnlyAdmin):
    """Without titles and audio, which are private to the owner until the clip is shared."""

    list_display = [
        "id",
        "owner",
        "corpus",
        "source",
        "status",
        "duration_s",
        "label",
        "created",
        "deleted_at",
    ]
    list_filter = ["status", "source", "label"]
    list_select_related = ["owner", "corpus", "label"]
    date_hierarchy = "created"
    exclude = ["audio", "title", "folded_title", "peaks", "file_name"]


@admin.register(Prediction)
class PredictionAdmin(LookOnlyAdmin):
    list_display = ["clip_key", "model_version", "label", "confidence", "milliseconds", "created"]
    list_filter = ["model_version", "label"]
    list_select_related = ["model_version", "label"]
