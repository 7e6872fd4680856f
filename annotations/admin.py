"""Rows to look at: reviews and decisions change through the site's own pages."""

from django.contrib import admin

from annotations.models import (
    Decision,
    DecisionChange,
    ListenLog,
    Objection,
    QueueEntry,
    Review,
    ReviewPolicy,
)
from emotion_site.admin import LookOnlyAdmin


@admin.register(Review)
class ReviewAdmin(LookOnlyAdmin):
    list_display = ["id", "task", "clip_key", "rater", "kind", "label", "flag", "picked_by", "created"]
    list_filter = ["task", "kind", "flag", "picked_by"]
    list_select_related = ["task", "label"]
    raw_id_fields = ["clip"]


@admin.register(Decision)
class DecisionAdmin(LookOnlyAdmin):
    list_display = ["clip_key", "task", "state", "label", "flag", "how", "decided_by", "decided_at"]
    list_filter = ["task", "state", "how"]
    list_select_related = ["task", "label", "decided_by"]


@admin.register(DecisionChange)
class DecisionChangeAdmin(LookOnlyAdmin):
    list_display = ["clip_key", "task", "state", "label", "flag", "how", "actor", "created"]
    list_select_related = ["task", "label", "actor"]


@admin.register(QueueEntry)
class QueueEntryAdmin(LookOnlyAdmin):
    list_display = ["clip_key", "task", "is_open", "priority", "is_random", "given", "needed", "leased_until"]
    list_filter = ["task", "is_open", "is_random", "has_objection"]
    list_select_related = ["task"]


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(LookOnlyAdmin):
    list_display = ["task", "reviewers_needed", "doubled_percent", "random_percent", "order", "is_blind"]
    list_select_related = ["task"]


@admin.register(Objection)
class ObjectionAdmin(LookOnlyAdmin):
    list_display = ["clip_key", "task", "predicted_label", "wished_label", "created"]
    list_select_related = ["task", "predicted_label", "wished_label"]


@admin.register(ListenLog)
class ListenLogAdmin(LookOnlyAdmin):
    list_display = ["clip_key", "pseudonym", "created"]
