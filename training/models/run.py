import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from classifier.models import ModelVersion, Task
from training.models.snapshot import Snapshot
from training.querysets import TrainingRunQuerySet


class TrainingRun(models.Model):
    """One attempt to make a new model version from a snapshot, and all that is known of how it went."""

    class State(models.TextChoices):
        QUEUED = "queued", pgettext_lazy("training run", "queued")
        PREPARING = "preparing", pgettext_lazy("training run", "preparing")
        TRAINING = "training", pgettext_lazy("training run", "training")
        EVALUATING = "evaluating", pgettext_lazy("training run", "evaluating")
        WAITING_FOR_APPROVAL = "waiting_for_approval", pgettext_lazy("training run", "waiting for approval")
        PROMOTED = "promoted", pgettext_lazy("training run", "promoted")
        REJECTED = "rejected", pgettext_lazy("training run", "rejected")
        FAILED = "failed", pgettext_lazy("training run", "failed")
        CANCELLED = "cancelled", pgettext_lazy("training run", "cancelled")

    class Mode(models.TextChoices):
        HEAD = "head", _("head only (minutes)")
        TOP = "top", _("top layers (longer)")
        FULL = "full", _("whole model (longest)")

    UNFINISHED = (State.QUEUED, State.PREPARING, State.TRAINING, State.EVALUATING)

    id = models.UUIDField(_("identifier"), primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, models.PROTECT, verbose_name=_("task"), related_name="training_runs")
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, verbose_name=_("snapshot"), related_name="runs")
    mode = models.CharField(_("what is trained"), max_length=4, choices=Mode, default=Mode.HEAD)
    start_version = models.ForeignKey(
        ModelVersion, models.PROTECT, verbose_name=_("started from"), related_name="+"
    )
    hyperparameters = models.JSONField(
        _("settings of training"), default=dict, help_text=_("Those that differ from the mode's")
    )
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.QUEUED)
    stage = models.CharField(_("stage"), max_length=20, blank=True, help_text=_("Step within the state"))
    progress = models.FloatField(_("progress"), default=0.0, help_text=_("Of the whole run, from 0 to 1"))
    seconds_left = models.PositiveIntegerField(_("seconds left"), null=True, blank=True)
    estimated_seconds = models.PositiveIntegerField(_("expected seconds"), null=True, blank=True)
    curves = models.JSONField(_("curves"), default=list)
    log = models.JSONField(_("log"), default=list)
    error_code = models.CharField(_("code of the error"), max_length=40, blank=True)
    error_detail = models.CharField(_("error"), max_length=500, blank=True)
    cancel_requested = models.BooleanField(_("to be cancelled"), default=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    heartbeat = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    version = models.OneToOneField(
        ModelVersion,
        models.PROTECT,
        verbose_name=_("version"),
        null=True,
        blank=True,
        related_name="training_run",
    )
    compared_with = models.ForeignKey(
        ModelVersion, models.PROTECT, verbose_name=_("compared with"), null=True, blank=True, related_name="+"
    )
    verdict = models.JSONField(_("verdict"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        related_name="+",
    )
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("started by"),
        null=True,
        blank=True,
        related_name="+",
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")
        ordering = ["-created"]
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(state__in=["queued", "preparing", "training", "evaluating"]),
                name="one_unfinished_run_per_task",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error_code=""), name="failed_run_says_why"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED

    @property
    def may_be_approved(self) -> bool:
        """Whether a person may promote its version: it awaits approval, or only the gate rejected it."""
        rejected_by_gate = self.state == self.State.REJECTED and self.decided_by_id is None
        waits = self.state == self.State.WAITING_FOR_APPROVAL or rejected_by_gate
        return waits and self.version_id is not None

    @property
    def percent(self) -> int:
        return round(100 * self.progress)
