import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from classifier.clips import retention
from classifier.clips.deletion import delete_clips, restore_clips
from classifier.clips.submit import submit_clip
from classifier.models import Clip
from emotion_site.exceptions import UserError

pytestmark = pytest.mark.django_db


@pytest.fixture
def clip(speaker, model_version, upload) -> Clip:
    return submit_clip(owner=speaker, file=upload(), source="upload").clip


def delete(clip: Clip) -> None:
    delete_clips(clips=Clip.objects.filter(pk=clip.pk))


def pass_time(clip: Clip, seconds: float) -> None:
    Clip.objects.filter(pk=clip.pk).update(deleted_at=timezone.now() - timedelta(seconds=seconds))


def test_deleted_clip_is_gone_for_its_owner_at_once(clip, speaker):
    delete(clip)
    assert not Clip.objects.visible_to(speaker).exists()
    assert default_storage.exists(clip.audio.name)


def test_undo_brings_it_back(clip, speaker):
    delete(clip)
    assert restore_clips(owner=speaker, clip_ids=[clip.pk]) == 1
    assert Clip.objects.visible_to(speaker).get() == clip
    assert restore_clips(owner=speaker, clip_ids=[clip.pk]) == 0


def test_stranger_cannot_undo(clip, stranger):
    delete(clip)
    with pytest.raises(UserError):
        restore_clips(owner=stranger, clip_ids=[clip.pk])


def test_row_and_file_go_together_after_the_time_for_undo(clip, speaker, django_capture_on_commit_callbacks):
    delete(clip)
    assert retention.purge_deleted_clips() == 0
    pass_time(clip, 60)
    with django_capture_on_commit_callbacks(execute=True):
        assert retention.purge_deleted_clips() == 1
    assert not Clip.objects.exists()
    assert not default_storage.exists(clip.audio.name)
    with pytest.raises(UserError) as caught:
        restore_clips(owner=speaker, clip_ids=[clip.pk])
    assert caught.value.code == "too_late"


def test_undo_after_the_same_upload_keeps_the_new_one(clip, speaker, upload):
    delete(clip)
    newer = submit_clip(owner=speaker, file=upload(), source="upload").clip
    assert newer != clip
    with pytest.raises(UserError) as caught:
        restore_clips(owner=speaker, clip_ids=[clip.pk])
    assert caught.value.code == "duplicate"
    assert Clip.objects.visible_to(speaker).get() == newer


def test_files_go_when_their_owner_goes(clip, speaker, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        speaker.delete()
    assert not Clip.objects.exists()
    assert not default_storage.exists(clip.audio.name)


def test_orphan_files_are_removed_and_others_are_not(clip, settings):
    orphan = Path(default_storage.path("ff/orphan.flac"))
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left behind")
    assert retention.remove_orphan_files() == 0, "it may belong to an upload under way"
    for path in (orphan, Path(clip.audio.path)):
        os.utime(path, times=(0, time.time() - 2 * retention.ORPHAN_AFTER.total_seconds()))
    assert retention.remove_orphan_files() == 1
    assert not orphan.exists()
    assert default_storage.exists(clip.audio.name)
