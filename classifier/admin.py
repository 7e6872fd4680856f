"""Rows to look at. Audio is heard on the pages, where the owner's consent is checked."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from classifier.models import Clip, Corpus, Label, ModelVersion, Prediction, Task


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that only services may write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LabelInline(admin.TabularInline[Label, Task]):
    model = Label
    extra = 0


@admin.register(Task)
class TaskAdmin(admin.ModelAdmin[Task]):
    list_display = ["slug", "name"]
    inlines = [LabelInline]


@admin.register(Corpus)
class CorpusAdmin(ReadOnlyAdmin):
    list_display = ["name", "task", "created"]
    list_select_related = ["task"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["task", "number", "origin", "status", "is_active", "created", "activated_at"]
    list_filter = ["task", "origin", "is_active"]
    list_select_related = ["task"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Clip)
class ClipAdmin(ReadOnlyAdmin):
    """Without titles and sound: those belong to the owner until the clip is shared."""

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
    exclude = ["audio", "title", "peaks", "file_name"]


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    list_display = ["clip_id", "model_version", "label", "confidence", "milliseconds", "created"]
    list_filter = ["model_version", "label"]
    list_select_related = ["model_version", "label"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
