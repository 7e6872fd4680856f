"""Rows for the pages of a site that has trained: run inside a served site with `manage.py shell`."""

from django.urls import reverse
from django.utils import timezone

from classifier.models import Clip, ModelVersion, Task
from emotion_site.models import User
from tests.training.decided import decided_corpus
from tests.training.verdicts import keys, verdict_of
from training.datasets.freezing import freeze_snapshot
from training.models import TrainingRun

CURVES = [
    {"epoch": epoch, "loss": 1.8 / epoch, "validation_loss": 1.9 / epoch, "mean_recall": 1 - 0.6 / epoch}
    for epoch in (1, 2, 3, 4)
]


def seed() -> None:
    """A snapshot, and a run whose version waits for approval; prints the page of the run."""
    task = Task.objects.get(slug="emotion")
    person = User.objects.get(email="admin@example.org")
    decided_corpus()
    snapshot = freeze_snapshot(task=task, administrator=person, later=False).snapshot
    version = ModelVersion.objects.active().get()
    run = TrainingRun.objects.create(
        task=task,
        snapshot=snapshot,
        start_version=version,
        compared_with=version,
        version=version,
        started_by=person,
        state="waiting_for_approval",
        verdict=verdict_of(keys(task), changed=Clip.objects.filter(corpus__isnull=False).first()),
        curves=CURVES,
        log=["Accuracy on the validation speakers: 0.712"],
        started_at=timezone.now(),
        finished_at=timezone.now(),
    )
    print(reverse("training:run", args=[run.pk]))  # noqa: T201  # read by the test that asked
