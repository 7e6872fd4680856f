"""A process that is killed between a clip's file and its row leaves no file, and only its own files go."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage

from annotations.exports import jobs
from classifier.clips import recovery, storage
from classifier.clips.submit import submit_clip
from classifier.models import Clip
from classifier.predictions import registry
from emotion_site import signals
from emotion_site.storage import unfinished
from tests.factories import ClipFactory
from tests.requirements import ROOT

pytestmark = pytest.mark.django_db

STORE = """
import signal, sys, django
django.setup()
from django.conf import settings
settings.DATA_DIR = sys.argv[1]
settings.STORAGES["default"]["OPTIONS"]["location"] = sys.argv[1] + "/clips"
from classifier.clips import storage
with storage.written(sys.argv[2], b"fLaC"):
    print("written", flush=True)
    signal.pause()  # a transaction that takes long
"""


@pytest.fixture
def storing(settings):
    """Starts a process that has written the file of a clip and not yet its row."""
    started: list[subprocess.Popen[bytes]] = []

    def start(name: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", STORE, str(settings.DATA_DIR), name]
        started.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE))
        assert started[-1].stdout is not None and started[-1].stdout.readline() == b"written\n"
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def files(settings) -> list[Path]:
    below = Path(settings.DATA_DIR)
    return [path.relative_to(below) for path in below.rglob("*") if path.is_file() and path.parent != below]


def let_time_pass(settings) -> None:
    long_ago = time.time() - 2 * unfinished.SETTLED_AFTER_S
    for path in (Path(settings.DATA_DIR) / "unfinished").iterdir():
        os.utime(path, (long_ago, long_ago))


def test_file_of_a_killed_process_goes_and_that_of_a_long_transaction_stays(storing, settings):
    alive, killed = (storage.name_for(ClipFactory.build().pk) for _clip in range(2))
    storing(alive)
    process = storing(killed)
    process.send_signal(signal.SIGKILL)
    process.wait()
    let_time_pass(settings)
    recovery.clean_up_clips()
    assert default_storage.exists(alive)
    assert not default_storage.exists(killed)
    assert len(list((Path(settings.DATA_DIR) / "unfinished").iterdir())) == 1


def test_file_whose_row_was_kept_in_the_last_moment_stays(storing, settings):
    clip = ClipFactory(audio="")
    name = storage.name_for(clip.pk)
    process = storing(name)
    Clip.objects.filter(pk=clip.pk).update(audio=name)
    process.kill()
    process.wait()
    let_time_pass(settings)
    recovery.clean_up_clips()
    assert files(settings) == [Path("clips") / name]


def test_what_was_killed_just_now_is_given_a_moment(storing, settings):
    name = storage.name_for(ClipFactory.build().pk)
    process = storing(name)
    process.kill()
    process.wait()
    recovery.clean_up_clips()
    assert default_storage.exists(name)


def test_a_clip_that_is_kept_or_refused_leaves_no_note(speaker, model_version, upload, settings, monkeypatch):
    clip = submit_clip(owner=speaker, file=upload(), source=Clip.Source.UPLOAD).clip
    monkeypatch.setattr(Clip, "save", lambda *_arguments, **_options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        submit_clip(owner=speaker, file=upload(pitch=100), source=Clip.Source.UPLOAD)
    assert files(settings) == [Path("clips") / str(clip.audio)]


def test_a_failed_store_whose_file_cannot_be_removed_is_tried_again(settings, monkeypatch):
    name = storage.name_for(ClipFactory.build().pk)
    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "delete", lambda *_: (_ for _ in ()).throw(OSError(5, "broken")))
        with pytest.raises(OSError, match="broken"), storage.written(name, b"fLaC"):
            raise ValueError
    assert default_storage.exists(name)
    let_time_pass(settings)
    recovery.clean_up_clips()
    assert files(settings) == []


PUT_TOGETHER = """
import signal, sys
from pathlib import Path
from emotion_site.storage.unfinished import workplace
with workplace(Path(sys.argv[1]), sys.argv[2]) as folder:
    (folder / "half").write_text("x")
    print("there", flush=True)
    signal.pause()
"""


@pytest.mark.parametrize(
    ("place", "prefix"),
    [
        ("models/emotion", registry.INCOMING),
        ("models", registry.IMPORTING),
        ("exports", jobs.PARTIAL),
    ],
)
def test_folder_that_was_put_together_goes_with_its_process(settings, place, prefix):
    home = Path(settings.DATA_DIR) / place
    settings.MODELS_DIR = Path(settings.DATA_DIR) / "models"
    home.mkdir(parents=True)
    command = [sys.executable, "-c", PUT_TOGETHER, str(home), prefix]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"there\n"
            (folder,) = home.iterdir()
            os.utime(folder, (0, 0))
            signals.housekeeping.send(sender=None)
            assert list(home.iterdir()) == [folder]
        finally:
            process.kill()
    signals.housekeeping.send(sender=None)
    assert list(home.iterdir()) == []


def test_files_without_note_or_row_go_after_a_day_as_before(settings):
    default_storage.save("ab/abc.flac", ContentFile(b"fLaC"))
    recovery.clean_up_clips()
    assert default_storage.exists("ab/abc.flac")
