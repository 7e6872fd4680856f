from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from classifier.querysets import ModelVersionQuerySet


class ModelVersion(models.Model):
    """An immutable folder of files that predicts one task, and whether it is in service."""

    class Status(models.TextChoices):
        READY = "ready", _("ready")
        REMOVED = "removed", _("files removed")

    class Origin(models.TextChoices):
        SHIPPED = "shipped", _("shipped with the site")
        IMPORTED = "imported", _("imported")
        TRAINED = "trained", _("trained here")

    task = models.ForeignKey(
        "classifier.Task", models.PROTECT, verbose_name=_("task"), related_name="model_versions"
    )
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(_("state"), max_length=16, choices=Status, default=Status.READY)
    origin = models.CharField(_("origin"), max_length=16, choices=Origin)
    is_active = models.BooleanField(_("in service"), default=False)
    folder = models.CharField(_("folder"), max_length=255, help_text=_("Below the folder of model versions"))
    checksum = models.CharField(_("checksum"), max_length=64)
    manifest = models.JSONField(_("manifest"), default=dict)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    activated_at = models.DateTimeField(_("in service since"), null=True, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = ["task", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="model_version_number_once_per_task"),
            models.UniqueConstraint(
                fields=["task"], condition=Q(is_active=True), name="one_active_model_version_per_task"
            ),
        ]

    def __str__(self) -> str:
        return gettext("version %(number)d") % {"number": self.number}

    @property
    def label_keys(self) -> list[str]:
        """The task's labels in its order; no version is registered whose manifest has others."""
        return list(self.manifest["labels"])
