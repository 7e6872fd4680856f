"""Nobody fills the machine alone: what a person may keep, and send in a day."""

import threading
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from classifier.clips import quotas, retention
from classifier.clips.deletion import delete_clips
from classifier.clips.submit import submit_clip
from classifier.models import Clip, Usage
from emotion_site.exceptions import UserError
from tests.factories import ClipFactory

CLIPS = "/api/v1/clips/"
ACCOUNT = reverse("emotion_site:account")


@pytest.fixture
def send(model_version, upload):
    def send(owner, pitch=140.0):
        return submit_clip(owner=owner, file=upload(pitch=pitch), source=Clip.Source.UPLOAD)

    return send


def test_what_is_kept_is_counted_and_what_is_gone_is_not(speaker, send, settings):
    first, second = (send(speaker, pitch).clip for pitch in (100, 110))
    assert first.stored_bytes == first.audio.size > 0
    assert quotas.usage_of(speaker).stored_bytes == first.audio.size + second.audio.size
    assert quotas.usage_of(speaker).clips_on_day == 2
    delete_clips(clips=Clip.objects.filter(pk=first.pk))
    Clip.objects.filter(pk=first.pk).update(deleted_at=timezone.now() - timedelta(minutes=1))
    retention.purge_deleted_clips()
    assert quotas.usage_of(speaker).stored_bytes == second.stored_bytes
    assert quotas.usage_of(speaker).clips_on_day == 2, "a clip that is deleted was sent all the same"


def test_full_storage_is_refused_before_anything_is_decoded(
    api, speaker, send, upload, settings, monkeypatch
):
    clip = send(speaker).clip
    settings.QUOTA_BYTES = clip.stored_bytes
    monkeypatch.setattr("classifier.clips.uploads.decoding", lambda *_: pytest.fail("it was decoded"))
    response = api.post(CLIPS, {"file": upload(pitch=100)})
    assert (response.status_code, response.json()["code"]) == (409, "quota_storage")
    assert "Delete some" in response.json()["detail"]
    assert Clip.objects.count() == 1


def test_a_clip_that_goes_beyond_the_storage_leaves_nothing(api, upload, speaker, model_version, settings):
    settings.QUOTA_BYTES = 1000
    response = api.post(CLIPS, {"file": upload()})
    assert response.json()["code"] == "quota_storage"
    assert not Clip.objects.exists()
    assert [path for path in (settings.DATA_DIR / "clips").rglob("*") if path.is_file()] == []


def test_deleting_makes_room(speaker, send, settings):
    clip = send(speaker).clip
    settings.QUOTA_BYTES = clip.stored_bytes + 10
    with pytest.raises(UserError, match="quota_storage"):
        send(speaker, 100)
    clip.delete()
    assert send(speaker, 100).created


def test_a_day_has_so_many_clips_and_the_next_one_begins_anew(api, upload, speaker, send, settings):
    settings.QUOTA_CLIPS_PER_DAY = 1
    send(speaker)
    response = api.post(CLIPS, {"file": upload(pitch=100)})
    assert (response.status_code, response.json()["code"]) == (429, "quota_daily")
    assert 0 < int(response["Retry-After"]) <= 24 * 3600
    Usage.objects.update(day=date(2020, 1, 1))
    assert send(speaker, 110).created
    assert quotas.usage_of(speaker).clips_on_day == 1


def test_what_was_there_before_and_what_is_refused_costs_nothing(speaker, send, upload, settings):
    send(speaker)
    settings.QUOTA_CLIPS_PER_DAY = 2
    assert not send(speaker).created
    with pytest.raises(UserError, match="not_audio"):
        submit_clip(owner=speaker, file=upload(content=b"no sound at all"), source=Clip.Source.UPLOAD)
    assert send(speaker, 100).created


def test_a_quota_is_of_one_person(speaker, stranger, send, settings):
    settings.QUOTA_CLIPS_PER_DAY = 1
    assert send(speaker).created
    assert send(stranger).created


def test_nothing_is_refused_without_quotas(speaker, send, settings):
    settings.QUOTA_BYTES = settings.QUOTA_CLIPS_PER_DAY = 0
    assert send(speaker).created
    assert quotas.usage_of(speaker).stored_bytes > 0


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_at_the_same_moment_none_goes_beyond(speaker, settings):
    settings.QUOTA_BYTES, settings.QUOTA_CLIPS_PER_DAY = 1000, 0
    barrier, codes = threading.Barrier(6), []

    def charge():
        Usage.objects.exists()  # connected before the others begin, or they would come one after another
        barrier.wait()
        try:
            quotas.charge(speaker, 300)
        except UserError as error:
            codes.append(error.code)
        finally:
            quotas.transaction.get_connection().close()

    threads = [threading.Thread(target=charge) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["quota_storage"] * 3
    assert Usage.objects.get(owner=speaker).stored_bytes == 900


def test_a_deleted_account_takes_its_usage_along(speaker, send):
    send(speaker)
    speaker.delete()
    assert not Usage.objects.exists()


def test_the_form_without_scripts_says_it_too(speaker, speaker_client, send, upload, settings):
    settings.QUOTA_CLIPS_PER_DAY = 1
    send(speaker)
    response = speaker_client.post("/", {"file": upload(pitch=100)})
    assert response.status_code == 429
    assert "Send the rest tomorrow." in response.content.decode()


def test_recordings_of_a_corpus_count_for_nobody(db):
    ClipFactory(stored_bytes=5000).delete()
    assert not Usage.objects.exists()


def test_the_account_page_shows_what_is_used_and_allowed(speaker, speaker_client, send):
    send(speaker)
    Usage.objects.update(stored_bytes=1_234_567_890)
    page = speaker_client.get(ACCOUNT).content.decode()
    assert "Recordings: 1,177.4 of 2,000 MB" in page
    assert 'value="1177.376" max="2000.000"' in page
    assert "Recordings sent today: 1 of 2,000" in page


def test_the_account_page_without_quotas_shows_what_is_used(speaker_client, settings):
    settings.QUOTA_BYTES = settings.QUOTA_CLIPS_PER_DAY = 0
    page = speaker_client.get(ACCOUNT).content.decode()
    assert "Recordings: 0.0 MB" in page and "<progress" not in page
