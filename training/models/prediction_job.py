import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from classifier.models import ModelVersion, Task


class PredictionJob(models.Model):
    """Clips that the version in service predicts again; predictions of older versions stay."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("prediction job", "waiting")
        RUNNING = "running", pgettext_lazy("prediction job", "running")
        DONE = "done", pgettext_lazy("prediction job", "done")
        FAILED = "failed", pgettext_lazy("prediction job", "failed")

    id = models.UUIDField(_("identifier"), primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, models.CASCADE, verbose_name=_("task"), related_name="+")
    version = models.ForeignKey(ModelVersion, models.PROTECT, verbose_name=_("version"), related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("asked by"),
        null=True,
        blank=True,
        related_name="+",
    )
    clip_ids = models.JSONField(_("clips"), default=list)
    done = models.PositiveIntegerField(_("done"), default=0)
    failed = models.PositiveIntegerField(
        _("failed"), default=0, help_text=_("Clips that are gone or could not be heard")
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    error_code = models.CharField(_("code of the error"), max_length=40, blank=True)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("job of predicting again")
        verbose_name_plural = _("jobs of predicting again")
        ordering = ["-created"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def total(self) -> int:
        return len(self.clip_ids)

    @property
    def percent(self) -> int:
        return 100 * self.done // max(1, self.total)
