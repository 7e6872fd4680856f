from django.db import models

from classifier.models import Task


class KeptReport(models.Model):
    """The last report about the agreement of a task whose reviews are so many that making one takes long."""

    task = models.OneToOneField(Task, models.CASCADE, primary_key=True, related_name="+")
    body = models.JSONField()
    newest_review = models.BigIntegerField(null=True)
    made = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.task_id)
