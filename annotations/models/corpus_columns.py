from django.db import models

from classifier.models import Clip


class CorpusColumns(models.Model):
    """The other columns of a clip's row in the table of its corpus, unchanged."""

    clip = models.OneToOneField(Clip, models.CASCADE, primary_key=True, related_name="corpus_columns")
    columns = models.JSONField()

    def __str__(self) -> str:
        return str(self.pk)
