from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from classifier.clips import recovery, retention
from classifier.clips.recovery import STRANDED_CLIPS
from classifier.clips.storage import read_waveform
from classifier.clips.submit import retry_clip, submit_clip
from classifier.models import Clip, IdempotencyKey, Label, Prediction
from classifier.predictions import predictor, storing
from classifier.tasks import predict_stored_clip
from emotion_site.serving.recovery import recover
from emotion_site.serving.task_heartbeat import TaskLost
from tests.factories import ModelVersionFactory, PredictionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranded(speaker, model_version, upload, settings) -> Clip:
    """A clip whose process died between upload and prediction."""
    settings.ANSWER_WITHIN_SECONDS = 0
    clip = submit_clip(owner=speaker, file=upload(), source="upload").clip
    DBTaskResult.objects.all().delete()
    Clip.objects.filter(pk=clip.pk).update(created=timezone.now() - timedelta(minutes=1))
    return clip


@pytest.mark.django_db(
    transaction=True, serialized_rollback=True
)  # the worker closes its connection between two tasks
def test_stranded_clip_is_predicted_by_the_worker(stranded):
    assert recover(STRANDED_CLIPS) == 1
    assert recover(STRANDED_CLIPS) == 0, "it is already with the worker"
    call_command("db_worker", batch=True, interval=0, startup_delay=False, verbosity=0)
    stranded.refresh_from_db()
    assert stranded.status == Clip.Status.DONE
    assert stranded.predictions.count() == 1


def test_a_busy_worker_does_not_keep_other_clips_from_being_handed_over(stranded, stranger, upload):
    submit_clip(owner=stranger, file=upload(), source="upload")
    assert recover(STRANDED_CLIPS) == 1


def test_clip_that_takes_its_worker_down_fails_and_can_be_tried_again(stranded):
    task = DBTaskResult.objects.get(pk=predict_stored_clip.enqueue(str(stranded.pk)).id)
    task.set_failed(TaskLost("5 times"))
    assert recover(STRANDED_CLIPS) == 0
    stranded.refresh_from_db()
    assert (stranded.status, stranded.error_code) == (Clip.Status.FAILED, "worker_lost")
    retry_clip(clip=stranded)
    assert recover(STRANDED_CLIPS) == 0, "it is with the worker once more"
    stranded.refresh_from_db()
    assert stranded.status == Clip.Status.WAITING


def test_task_may_run_twice_without_harm(stranded):
    predict_stored_clip.call(str(stranded.pk))
    predict_stored_clip.call(str(stranded.pk))
    assert stranded.predictions.count() == 1


def test_task_of_a_clip_that_is_gone_does_nothing(stranded):
    pk = str(stranded.pk)
    stranded.delete()
    predict_stored_clip.call(pk)


def test_after_going_back_every_door_shows_what_was_asked_last(speaker_client, stranded, model_version):
    predict_stored_clip.call(str(stranded.pk))
    heard = stranded.predictions.get()
    other = Label.objects.exclude(pk=heard.label_id).first()
    PredictionFactory(clip=stranded, answer=other.key, model_version=ModelVersionFactory(number=2))
    storing.predict_stored_clip(stranded)
    clip = Clip.objects.get(pk=stranded.pk)
    assert clip.latest_prediction() == heard and clip.label == heard.label
    assert speaker_client.get(f"/api/v1/clips/{clip.pk}/").json()["prediction"]["model_version"] == 1


def test_clip_that_is_removed_while_it_is_predicted_leaves_nothing(stranded):
    answer = predictor.predict(read_waveform(stranded))
    Clip.objects.get(pk=stranded.pk).delete()
    assert storing.store_prediction(stranded, *answer) is None
    assert not Prediction.objects.exists()


def test_prediction_from_the_stored_file_equals_one_made_at_once(
    speaker, stranger, stranded, upload, settings
):
    predict_stored_clip.call(str(stranded.pk))
    settings.ANSWER_WITHIN_SECONDS = 3
    at_once = submit_clip(owner=stranger, file=upload(), source="upload").clip
    assert at_once.predictions.get().scores == stranded.predictions.get().scores


def test_lost_file_ends_in_a_state_and_can_be_tried_again(stranded):
    stranded.audio.storage.delete(stranded.audio.name)
    with pytest.raises(FileNotFoundError):
        predict_stored_clip.call(str(stranded.pk))
    stranded.refresh_from_db()
    assert (stranded.status, stranded.error_code) == (Clip.Status.FAILED, "prediction_failed")
    retry_clip(clip=stranded)
    assert stranded.status == Clip.Status.WAITING


def test_keys_of_long_ago_are_forgotten(speaker):
    for key, days in (("old", 31), ("new", 29)):
        row = IdempotencyKey.objects.create(owner=speaker, key=key, upload_digest="", clip_id=uuid4())
        IdempotencyKey.objects.filter(pk=row.pk).update(created=timezone.now() - timedelta(days=days))
    retention.forget_idempotency_keys()
    assert IdempotencyKey.objects.get().key == "new"


def waiting_tasks():
    return [task.args_kwargs["args"][0] for task in DBTaskResult.objects.ready()]


def test_the_worker_goes_round_the_people(speaker, stranger, model_version, upload, settings):
    settings.ANSWER_WITHIN_SECONDS = 0

    def send(owner, pitch):
        return str(submit_clip(owner=owner, file=upload(pitch=pitch), source="upload").clip.pk)

    first, second, third = (send(speaker, pitch) for pitch in (100, 110, 120))
    of_stranger = send(stranger, 130)
    assert waiting_tasks() == [first, of_stranger, second, third]


def test_whoever_waits_for_long_comes_before_those_who_come_anew(
    speaker, stranger, model_version, upload, settings
):
    settings.ANSWER_WITHIN_SECONDS = 0
    for pitch in (100, 110):
        submit_clip(owner=speaker, file=upload(pitch=pitch), source="upload")
    recovery.clean_up_clips()
    submit_clip(owner=stranger, file=upload(), source="upload")
    owners = [Clip.objects.get(pk=pk).owner for pk in waiting_tasks()]
    assert owners == [speaker, speaker, stranger]
    recovery.clean_up_clips()
    assert {task.priority for task in DBTaskResult.objects.ready()} == {0}
