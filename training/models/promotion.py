from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models.append_only import AppendOnlyModel
from classifier.models import ModelVersion, Task


class Promotion(AppendOnlyModel):
    """One change of the version in service: who, when, from what to what, and why."""

    class Kind(models.TextChoices):
        PROMOTE = "promote", _("put into service")
        ROLLBACK = "rollback", _("rolled back")

    task = models.ForeignKey(
        Task, models.PROTECT, verbose_name=_("task"), db_index=False, related_name="promotions"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    from_version = models.ForeignKey(
        ModelVersion, models.PROTECT, verbose_name=_("instead of"), null=True, related_name="+"
    )
    to_version = models.ForeignKey(
        ModelVersion, models.PROTECT, verbose_name=_("version put into service"), related_name="promotions"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("change of the version in service")
        verbose_name_plural = _("changes of the version in service")
        ordering = ["-created", "-id"]
        indexes = [models.Index(fields=["task", "-created"], name="promotion_by_time")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.to_version}"
