from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from annotations.models.append_only import AppendOnlyModel
from classifier.models import Clip


class Pseudonym(models.Model):
    """The name that stands beside a person's reviews, and stays there when the person leaves."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="pseudonym")
    name = models.CharField(max_length=40, unique=True)

    def __str__(self) -> str:
        return self.name


class ListenLog(AppendOnlyModel):
    """Somebody other than the owner heard a clip."""

    clip = models.ForeignKey(Clip, models.DO_NOTHING, db_constraint=False, related_name="listens")
    listener = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    pseudonym = models.CharField(max_length=40)
    created = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("listen")
        verbose_name_plural = _("listens")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.pseudonym
