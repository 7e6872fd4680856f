from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from classifier import housekeeping, services
from classifier.models import Clip
from classifier.tasks import predict_stored_clip

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranded(speaker, model_version, upload, settings) -> Clip:
    """A clip whose process died between upload and prediction."""
    settings.ANSWER_WITHIN_SECONDS = 0
    clip = services.submit_clip(owner=speaker, file=upload(), source="upload").clip
    from django_tasks_db.models import DBTaskResult

    DBTaskResult.objects.all().delete()
    Clip.objects.filter(pk=clip.pk).update(created=timezone.now() - timedelta(minutes=1))
    return clip


@pytest.mark.django_db(
    transaction=True, serialized_rollback=True
)  # the worker closes its connection between two tasks
def test_stranded_clip_is_predicted_by_the_worker(stranded):
    assert housekeeping.recover_waiting_clips() == 1
    assert housekeeping.recover_waiting_clips() == 0, "it is already with the worker"
    call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0)
    stranded.refresh_from_db()
    assert stranded.status == Clip.Status.DONE
    assert stranded.predictions.count() == 1


def test_task_may_run_twice_without_harm(stranded):
    predict_stored_clip.call(str(stranded.pk))
    predict_stored_clip.call(str(stranded.pk))
    assert stranded.predictions.count() == 1


def test_task_of_a_clip_that_is_gone_does_nothing(stranded):
    pk = str(stranded.pk)
    stranded.delete()
    predict_stored_clip.call(pk)


def test_prediction_from_the_stored_file_equals_one_made_at_once(
    speaker, stranger, stranded, upload, settings
):
    predict_stored_clip.call(str(stranded.pk))
    settings.ANSWER_WITHIN_SECONDS = 3
    at_once = services.submit_clip(owner=stranger, file=upload(), source="upload").clip
    assert at_once.predictions.get().scores == stranded.predictions.get().scores


def test_lost_file_ends_in_a_state_and_can_be_tried_again(stranded):
    stranded.audio.storage.delete(stranded.audio.name)
    with pytest.raises(FileNotFoundError):
        predict_stored_clip.call(str(stranded.pk))
    stranded.refresh_from_db()
    assert (stranded.status, stranded.error_code) == (Clip.Status.FAILED, "prediction_failed")
    services.retry_clip(clip=stranded)
    assert stranded.status == Clip.Status.WAITING
