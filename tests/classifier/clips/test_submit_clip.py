import io
import threading
from pathlib import Path

import pytest
from django.core.files.base import File
from django.db import OperationalError, connection
from django.db.models.signals import pre_save

from classifier.audio.flac import decode_flac
from classifier.clips.deletion import delete_clips
from classifier.clips.sharing import set_sharing
from classifier.clips.submit import ClipOptions, submit_clip
from classifier.inference.session import Engine
from classifier.models import Clip, IdempotencyKey, Prediction
from classifier.predictions import predictor
from emotion_site.exceptions import UserError

pytestmark = pytest.mark.django_db


def stored_files(settings) -> list[Path]:
    return [path for path in Path(settings.DATA_DIR, "clips").rglob("*") if path.is_file()]


def submit(owner, file, **kwargs):
    return submit_clip(owner=owner, file=file, source="upload", **kwargs)


def test_clip_is_kept_with_its_prediction(speaker, model_version, upload, settings):
    clip = submit(speaker, upload("My voice.wav")).clip
    kept = Clip.objects.get()
    assert kept == clip and kept.owner == speaker
    assert kept.status == Clip.Status.DONE
    assert kept.title == "My voice"
    prediction = kept.predictions.get()
    assert prediction.model_version == model_version
    assert sum(prediction.scores.values()) == pytest.approx(1)
    assert set(prediction.scores) == {"neutral", "happy", "sad", "angry", "fearful", "disgust"}
    assert kept.label == prediction.label and kept.confidence == prediction.confidence
    assert len(stored_files(settings)) == 1


def test_stored_file_is_flac_of_the_waveform_that_was_predicted(speaker, model_version, upload):
    clip = submit(speaker, upload(seconds=2)).clip
    with clip.audio.open("rb") as file:
        content = file.read()
    assert content[:4] == b"fLaC"
    assert decode_flac(content).size == 32000


def test_new_clip_is_private_unless_its_owner_decided_otherwise(speaker, model_version, upload):
    assert not submit(speaker, upload()).clip.shared_for_review
    speaker.share_for_review = True
    assert submit(speaker, upload(pitch=200)).clip.shared_for_review
    options = ClipOptions(shared_for_review=False)
    assert not submit(speaker, upload(pitch=210), options=options).clip.shared_for_review


def test_same_recording_again_answers_with_the_first_clip(speaker, stranger, model_version, upload, settings):
    first = submit(speaker, upload())
    again = submit(speaker, upload("other name.wav"))
    assert not again.created and again.clip == first.clip
    assert [note["code"] for note in again.notes] == ["duplicate"]
    assert submit(stranger, upload()).created
    assert len(stored_files(settings)) == Clip.objects.count() == 2


def test_same_key_never_makes_two_clips(speaker, model_version, upload):
    first = submit(speaker, upload(), idempotency_key="k1")
    again = submit(speaker, upload(), idempotency_key="k1")
    assert first.created and not again.created and again.clip == first.clip
    with pytest.raises(UserError) as caught:
        submit(speaker, upload(pitch=300), idempotency_key="k1")
    assert caught.value.code == "idempotency_mismatch"
    delete_clips(clips=Clip.objects.filter(pk=first.clip.pk))
    with pytest.raises(UserError) as caught:
        submit(speaker, upload(), idempotency_key="k1")
    assert caught.value.code == "clip_deleted"


def test_a_key_stands_for_the_clip_that_was_there_already(speaker, model_version, upload):
    first = submit(speaker, upload())
    again = submit(speaker, upload(), idempotency_key="k1")
    assert again.clip == first.clip and [note["code"] for note in again.notes] == ["duplicate"]
    assert submit(speaker, upload(), idempotency_key="k1").clip == first.clip
    with pytest.raises(UserError, match="idempotency_mismatch"):
        submit(speaker, upload(pitch=300), idempotency_key="k1")


def test_one_switch_of_sharing_leaves_the_other_as_somebody_else_left_it(speaker, model_version, upload):
    clip = submit(
        speaker, upload(), options=ClipOptions(shared_for_review=True, shared_for_training=True)
    ).clip
    set_sharing(clip=Clip.objects.get(pk=clip.pk), training=False)
    set_sharing(clip=clip, review=True)
    clip.refresh_from_db()
    assert clip.shared_for_review and not clip.shared_for_training


@pytest.mark.parametrize(
    ("name", "title", "codes"),
    [
        ("../../x.wav", "x", []),
        ("..\\..\\boot.ini.wav", "boot.ini", []),
        ("a" * 300 + ".wav", "a" * 119 + "…", ["name_shortened"]),
        ("tab\tand\x00nul.wav", "tab and nul", []),
        ("", "", []),
    ],
)
def test_names_of_files_only_become_titles(speaker, model_version, upload, settings, name, title, codes):
    # Not an uploaded file, whose name Django has cleaned already.
    submission = submit(speaker, File(io.BytesIO(upload().read()), name=name))
    assert submission.clip.title == title
    assert [note["code"] for note in submission.notes] == codes
    [stored] = stored_files(settings)
    assert stored.name == f"{submission.clip.pk.hex}.flac"


def nothing_is_left(settings) -> bool:
    rows = Clip.objects.count() + Prediction.objects.count() + IdempotencyKey.objects.count()
    temporary = list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())
    return rows == 0 and not stored_files(settings) and not temporary


def test_full_disk_leaves_nothing(speaker, model_version, upload, settings, tmp_path):
    """Files above 512 bytes may not be written: the closest to a full disk that needs no root."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
    try:
        with pytest.raises(UserError) as caught:
            submit(speaker, upload(), idempotency_key="k")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (caught.value.code, caught.value.status) == ("storage_full", 507)
    assert nothing_is_left(settings)


def test_locked_database_leaves_nothing(speaker, model_version, upload, settings):
    def locked(sender, **kwargs):
        raise OperationalError("database is locked")

    pre_save.connect(locked, sender=Clip)
    try:
        with pytest.raises(UserError) as caught:
            submit(speaker, upload())
    finally:
        pre_save.disconnect(locked, sender=Clip)
    assert (caught.value.code, caught.value.status) == ("busy", 503)
    assert nothing_is_left(settings)


def test_no_model_in_service_refuses_before_anything_is_kept(speaker, db, upload, settings):
    with pytest.raises(UserError) as caught:
        submit(speaker, upload())
    assert (caught.value.code, caught.value.status) == ("no_model", 503)
    assert nothing_is_left(settings)


def test_silence_is_kept_but_never_called_an_emotion(speaker, model_version, upload):
    clip = submit(speaker, upload(level=0)).clip
    assert "digital_silence" in clip.quality["hints"]
    assert not clip.is_sure
    assert clip.label is None
    assert not Clip.objects.filter(label__key="neutral").exists()


def test_long_answer_is_left_to_a_worker(speaker, model_version, upload, settings):
    settings.ANSWER_WITHIN_SECONDS = 0
    clip = submit(speaker, upload()).clip
    assert clip.status == Clip.Status.WAITING
    assert not clip.predictions.exists()


def test_answer_that_takes_longer_than_expected_is_left_to_a_worker(
    speaker, model_version, upload, settings, monkeypatch
):
    settings.ANSWER_WITHIN_SECONDS = 0.01
    go_on = threading.Event()
    predict = Engine.predict

    def late(engine, waveform):
        go_on.wait(10)
        return predict(engine, waveform)

    monkeypatch.setattr(Engine, "predict", late)
    monkeypatch.setattr(predictor, "is_fast_enough", lambda *_arguments: True)
    try:
        assert submit(speaker, upload()).clip.status == Clip.Status.WAITING
    finally:
        go_on.set()
    assert not Prediction.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_same_key_at_the_same_moment_makes_one_clip(speaker, model_version, upload, settings):
    barrier, results = threading.Barrier(4), []

    def send():
        file = upload()
        barrier.wait()
        try:
            results.append(submit(speaker, file, idempotency_key="k").clip.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and len(set(results)) == 1
    assert Clip.objects.count() == len(stored_files(settings)) == 1
