from django.db import models

from classifier.models import Clip


class CorpusColumns(models.Model):
    """What the table of a corpus says of a clip besides what the site has a place for, as it stands there."""

    clip = models.OneToOneField(Clip, models.CASCADE, primary_key=True, related_name="corpus_columns")
    columns = models.JSONField()

    def __str__(self) -> str:
        return str(self.pk)
