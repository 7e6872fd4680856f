import os
import subprocess
import sys
import time

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from emotion_site import signals
from emotion_site.serving import housekeeper
from emotion_site.storage import unfinished
from tests.requirements import ROOT


@pytest.fixture
def uploads_dir(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    return tmp_path


def test_only_uploads_that_no_longer_arrive_are_removed(uploads_dir):
    stale, arriving = uploads_dir / "stale.upload", uploads_dir / "arriving.upload"
    for path in (stale, arriving):
        path.write_bytes(b"x")
    two_hours_ago = time.time() - 7200
    os.utime(stale, (two_hours_ago, two_hours_ago))
    assert housekeeper.remove_stale_uploads() == 1
    assert list(uploads_dir.iterdir()) == [arriving]


RECEIVE = """
import signal, sys, django
django.setup()
from django.conf import settings
settings.FILE_UPLOAD_TEMP_DIR = sys.argv[1]
from emotion_site.web.files.upload_handler import DiskUploadHandler
handler = DiskUploadHandler()
handler.new_file("file", "voice.wav", "audio/wav", 9)
handler.receive_data_chunk(b"some sound", 0)
print("there", flush=True)
signal.pause()
"""


def test_an_upload_goes_within_a_minute_of_its_process(uploads_dir):
    """As long as the process lives the upload stays, however long nothing of it arrives."""
    command = [sys.executable, "-c", RECEIVE, str(uploads_dir)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"there\n"
            (path,) = uploads_dir.iterdir()
            long_ago = time.time() - 30
            os.utime(path, (long_ago, long_ago))
            assert housekeeper.remove_stale_uploads() == 0
        finally:
            process.kill()
    assert housekeeper.remove_stale_uploads() == 1
    assert list(uploads_dir.iterdir()) == []
    assert unfinished.SETTLED_AFTER_S + housekeeper.EVERY_S < 60


def test_sessions_that_ran_out_are_forgotten(speaker_client, stranger_client):
    kept = stranger_client.session.session_key
    Session.objects.exclude(pk=kept).update(expire_date=timezone.now())
    housekeeper.forget_ended_sessions()
    assert [session.pk for session in Session.objects.all()] == [kept]


@pytest.mark.django_db
def test_a_chore_that_fails_does_not_keep_the_next_from_its_turn(uploads_dir, settings):
    settings.FILE_UPLOAD_TEMP_DIR = uploads_dir / "gone"
    turns = []

    def chore(**kwargs):
        turns.append("taken")

    signals.housekeeping.connect(chore)
    try:
        housekeeper.look_after_site()
    finally:
        signals.housekeeping.disconnect(chore)
    assert turns == ["taken"]
