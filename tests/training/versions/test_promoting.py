from datetime import timedelta

import pytest
from django.utils import timezone

from classifier.models import ModelVersion, Prediction
from classifier.predictions import predictor
from classifier.predictions.registry import activate_version, folder_of, register_version
from emotion_site.exceptions import UserError
from tests.factories import PredictionFactory
from tests.training.decided import decided_clip, spoken
from training.models import PredictionJob, Promotion
from training.versions import promotion, repredict
from training.versions.repredict_requests import clips_to_repredict, start_prediction_job


@pytest.fixture
def versions(own_data_dir, tiny_version) -> list[ModelVersion]:
    """Two of them, the first in service."""
    first, second = tiny_version(0), tiny_version(3)
    activate_version(first)
    return [first, second]


def test_every_change_is_logged_and_answers_what_served_when(versions, admin, task):
    first, second = versions
    promotion.promote_version(version=second, administrator=admin, reason="hears more")
    moment = timezone.now()
    assert promotion.roll_back(task=task, administrator=admin, reason="no, it does not") == first
    log = Promotion.objects.filter(task=task)
    assert [(row.kind, row.from_version, row.to_version, row.actor, row.reason) for row in log] == [
        ("rollback", second, first, admin, "no, it does not"),
        ("promote", first, second, admin, "hears more"),
        ("promote", None, first, None, ""),
    ]
    assert promotion.in_service_at(task, moment) == second
    assert promotion.in_service_at(task, timezone.now()) == first
    assert promotion.in_service_at(task, moment - timedelta(days=1)) is None


def test_activating_what_serves_already_changes_nothing(versions, task):
    activate_version(versions[0])
    assert Promotion.objects.filter(task=task).count() == 1


def test_of_two_administrators_one_wins_and_the_other_gets_an_error(versions, admin, task):
    first, second = versions
    promotion.promote_version(version=second, administrator=admin, instead_of=first.pk)
    with pytest.raises(UserError) as told:
        promotion.promote_version(version=first, administrator=admin, instead_of=first.pk)
    assert told.value.code == "changed_meanwhile"
    promotion.roll_back(task=task, administrator=admin, instead_of=second.pk)
    with pytest.raises(UserError) as told:
        promotion.roll_back(task=task, administrator=admin, instead_of=second.pk)
    assert told.value.code == "nothing_to_roll_back"
    assert ModelVersion.objects.active().get() == first


def test_roll_back_goes_further_back_each_time(versions, admin, task, tiny_version):
    first, second = versions
    third = tiny_version(4)
    for version in (second, third):
        promotion.promote_version(version=version, administrator=admin)
    assert promotion.roll_back(task=task, administrator=admin) == second
    assert promotion.roll_back(task=task, administrator=admin) == first


@pytest.mark.parametrize("damage", ["altered", "missing"])
def test_damaged_version_is_refused_and_the_old_one_stays(versions, admin, damage, task):
    first, second = versions
    path = folder_of(second) / "model.onnx"
    if damage == "altered":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    else:
        path.unlink()
    with pytest.raises(UserError) as told:
        promotion.promote_version(version=second, administrator=admin)
    assert told.value.code == f"{damage}_file"
    assert ModelVersion.objects.active().get() == first
    assert Promotion.objects.filter(task=task).count() == 1


def test_deleted_version_keeps_row_and_predictions(
    versions, admin, speaker, task, django_capture_on_commit_callbacks
):
    first, second = versions
    prediction = PredictionFactory(model_version=second)
    with django_capture_on_commit_callbacks(execute=True):
        promotion.delete_version(version=second, administrator=admin)
    assert not folder_of(second).exists()
    assert Prediction.objects.get(pk=prediction.pk).model_version == second
    for version in (first, second):
        with pytest.raises(UserError) as told:
            if version == first:
                promotion.delete_version(version=version, administrator=admin)
            else:
                promotion.promote_version(version=version, administrator=admin)
        assert told.value.code == ("in_service" if version == first else "not_ready")


def test_removed_version_comes_back_with_its_files(versions, admin, task, tmp_path):
    second = versions[1]
    import shutil

    copy = shutil.copytree(folder_of(second), tmp_path / "copy")
    promotion.delete_version(version=second, administrator=admin)
    shutil.rmtree(folder_of(second), ignore_errors=True)
    again = register_version(copy, task=task, origin=ModelVersion.Origin.IMPORTED)
    assert again == second and again.status == ModelVersion.Status.READY
    promotion.promote_version(version=again, administrator=admin)


def test_chosen_clips_are_predicted_again_and_old_predictions_stay(
    versions, admin, speaker, task, monkeypatch
):
    first, second = versions
    clips = [decided_clip("sad", waveform=spoken("sad", number), owner=speaker) for number in range(3)]
    for clip in clips:
        PredictionFactory(clip=clip, model_version=first)
    promotion.promote_version(version=second, administrator=admin)
    engine_anew()
    chosen = clips_to_repredict(second)
    job = start_prediction_job(person=admin, task=task, clips=chosen)
    clips[0].delete()
    repredict.execute_job(job)
    job = PredictionJob.objects.get(pk=job.pk)
    assert (job.state, job.done, job.failed, job.percent) == ("done", 3, 1, 100)
    numbers = [p.model_version.number for p in clips[1].predictions.order_by("model_version__number")]
    assert numbers == [first.number, second.number]
    engine_anew()


def test_after_going_back_a_clip_shows_the_answer_of_the_version_in_service(versions, admin, speaker, task):
    """Also where that version has heard it before: its prediction is there already and stays."""
    first, second = versions
    clip = decided_clip("sad", waveform=spoken("sad", 1), owner=speaker)
    for version in (first, second):
        PredictionFactory(clip=clip, model_version=version)
    said = clip.predictions.get(model_version=first)
    clip.answered_by = second
    clip.save()
    assert list(clips_to_repredict(first)) == [clip]
    engine_anew()
    repredict.execute_job(start_prediction_job(person=admin, task=task, clips=clips_to_repredict(first)))
    clip.refresh_from_db()
    assert clip.answered_by == first and clip.latest_prediction() == said
    assert clip.predictions.count() == 2 and not clips_to_repredict(first).exists()
    engine_anew()


def test_others_repeat_their_own_clips_alone(versions, speaker, stranger, task):
    from django.core.exceptions import PermissionDenied

    from classifier.models import Clip

    decided_clip("sad", waveform=spoken("sad", 1), owner=speaker)
    assert start_prediction_job(person=speaker, task=task, clips=Clip.objects.all()).total == 1
    with pytest.raises(PermissionDenied):
        start_prediction_job(person=stranger, task=task, clips=Clip.objects.all())


def engine_anew() -> None:
    """Whoever predicts next loads the version that is active then; nobody follows it until then."""
    predictor.active_engine().stop()
    predictor.active_engine.cache_clear()
