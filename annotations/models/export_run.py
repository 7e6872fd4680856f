import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from classifier.models import Task


class LabelExport(models.Model):
    """An export of labels by a worker: its progress and its file."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("export", "waiting")
        RUNNING = "running", pgettext_lazy("export", "running")
        DONE = "done", pgettext_lazy("export", "done")
        FAILED = "failed", pgettext_lazy("export", "failed")

    class Format(models.TextChoices):
        CSV = "csv", _("Table (CSV)")
        JSONL = "jsonl", _("Lines of JSON, with every review")
        AUDIOFOLDER = "audiofolder", _("Folder with sound")

    id = models.UUIDField(_("identifier"), primary_key=True, default=uuid.uuid4, editable=False)
    task = models.ForeignKey(Task, models.CASCADE, verbose_name=_("task"), related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("asked by"),
        null=True,
        blank=True,
        related_name="+",
    )
    format = models.CharField(_("format"), max_length=12, choices=Format, default=Format.CSV)
    since = models.DateTimeField(_("decided since"), null=True, blank=True)
    language = models.CharField(max_length=8, blank=True)
    status = models.CharField(_("state"), max_length=8, choices=Status, default=Status.WAITING)
    error_code = models.CharField(_("code of the error"), max_length=40, blank=True)
    rows_done = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(null=True)
    manifest = models.JSONField(_("manifest"), default=dict)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("export of labels")
        verbose_name_plural = _("exports of labels")
        ordering = ["-created"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def percent(self) -> int:
        if self.status == self.Status.DONE:
            return 100
        return 100 * self.rows_done // self.rows_total if self.rows_total else 0
