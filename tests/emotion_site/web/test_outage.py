"""A full disk or a locked database ends in an answer, and leaves nothing behind."""

import errno

import pytest
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import OperationalError
from django.test import RequestFactory

from emotion_site.exceptions import unavailable
from emotion_site.web.files.upload_handler import DiskUploadHandler
from emotion_site.web.middleware import OutageMiddleware


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "storage_full"),
        (OperationalError("database or disk is full"), "storage_full"),
        (OperationalError("database is locked"), "busy"),
    ],
)
def test_outage_is_told_in_a_sentence(error, code):
    outage = unavailable(error)
    assert outage is not None and outage.code == code
    response = OutageMiddleware(lambda request: None).process_exception(RequestFactory().get("/"), error)
    assert response is not None and response.status_code == outage.status


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "text/html; charset=utf-8"), ("/api/v1/labels/", "application/json")]
)
def test_database_that_is_away_before_the_view_is_told_too(client, monkeypatch, path, kind):
    def away(self):
        raise OperationalError("connection refused")

    client.raise_request_exception = False
    client.cookies["sessionid"] = "anything"
    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    response = client.get(path)
    assert response.status_code == 503
    assert response["Content-Type"] == kind and response["Retry-After"] == "2"


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "Permission denied"), ValueError("disk")])
def test_other_errors_are_not_outages(error):
    assert unavailable(error) is None


def test_interrupted_upload_leaves_no_file(settings, tmp_path, monkeypatch):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    handler = DiskUploadHandler(RequestFactory().post("/"))
    handler.new_file("file", "a.wav", "audio/wav", None)
    assert len(list(tmp_path.iterdir())) == 1

    def full(self, raw_data, start):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", full)
    with pytest.raises(OSError, match="No space"):
        handler.receive_data_chunk(b"x", 0)
    assert list(tmp_path.iterdir()) == []
