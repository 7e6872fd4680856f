"""Querysets: access rules and orderings shared by pages, API and admin."""

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models

if TYPE_CHECKING:
    from classifier.models import Clip, Label, ModelVersion, Prediction  # noqa: F401  # named in strings
    from emotion_site.models import User


class ClipQuerySet(models.QuerySet["Clip"]):
    def present(self) -> Self:
        """Clips that are not deleted, not even within the time for undo."""
        return self.filter(deleted_at__isnull=True)

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Clips this person may open: their own."""
        return self.present().filter(owner_id=user.pk) if user.is_authenticated else self.none()

    def undoable_by(self, user: "User | AnonymousUser") -> Self:
        """Deleted clips that their owner can still bring back."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(owner_id=user.pk, deleted_at__isnull=False)

    def reviewable(self) -> Self:
        """Clips that reviewers may listen to: not deleted, and shared for review."""
        return self.present().filter(shared_for_review=True)

    def with_predictions(self) -> Self:
        """Everything that a result needs, in two queries however many clips there are."""
        return self.select_related("label").prefetch_related("predictions")

    def for_list(self) -> Self:
        """Rows of a list, without the curve that only a player draws."""
        return self.select_related("label").defer("peaks")

    def silent(self) -> Self:
        """Clips that were predicted, and hold digital silence."""
        return self.filter(status=self.model.Status.DONE, label__isnull=True)

    def waiting(self) -> Self:
        return self.present().filter(status=self.model.Status.WAITING)


class LabelQuerySet(models.QuerySet["Label"]):
    def of_task(self, task: str = "emotion") -> Self:
        return self.filter(task__slug=task)


class PredictionManager(models.Manager["Prediction"]):
    """Reads label and model version along: no prediction means anything without them."""

    def get_queryset(self) -> models.QuerySet["Prediction"]:
        return super().get_queryset().select_related("label", "model_version")


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def active(self, task: str = "emotion") -> Self:
        return self.filter(task__slug=task, is_active=True)
