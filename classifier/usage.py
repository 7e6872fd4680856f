from django.conf import settings
from django.db import models


class Usage(models.Model):
    """Storage used by a person's clips, and the number submitted on the latest day with any."""

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="usage"
    )
    stored_bytes = models.PositiveBigIntegerField(default=0)
    day = models.DateField(null=True)
    clips_on_day = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.pk)
