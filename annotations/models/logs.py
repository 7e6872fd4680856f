from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models.append_only import AppendOnlyModel
from classifier.models import Clip


class Pseudonym(models.Model):
    """The name shown with a person's reviews, kept when their account is deleted."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("person"), related_name="pseudonym"
    )
    name = models.CharField(_("name"), max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class DuplicateFile(models.Model):
    """A file of a corpus with the same audio as an earlier one, to whose clip its labels go."""

    clip = models.ForeignKey(Clip, models.CASCADE, verbose_name=_("clip"), related_name="duplicate_files")
    split = models.CharField(_("split"), max_length=10, blank=True)
    file_name = models.CharField(max_length=255, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clip", "split", "file_name"], name="duplicate_file_once_per_clip"
            )
        ]

    def __str__(self) -> str:
        return str(self.clip_id)


class ListenLog(AppendOnlyModel):
    """Somebody other than the owner played a clip."""

    clip = models.ForeignKey(
        Clip, models.DO_NOTHING, verbose_name=_("clip"), db_constraint=False, related_name="listens"
    )
    listener = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("listener"), null=True, related_name="+"
    )
    pseudonym = models.CharField(_("pseudonym"), max_length=40)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("listen")
        verbose_name_plural = _("listens")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.pseudonym
