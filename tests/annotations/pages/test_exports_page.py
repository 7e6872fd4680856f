"""Exports are asked for on a page, made by a worker, fetched and deleted."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotations import tasks
from annotations.exports.jobs import export_path
from annotations.exports.services import delete_export, start_export
from annotations.exports.upkeep import STRANDED_EXPORTS, drop_withdrawn_sound
from annotations.models import LabelExport
from emotion_site.serving.recovery import recover

pytestmark = pytest.mark.django_db
EXPORTS = "/exports/"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def made(browser, **form) -> LabelExport:
    """Ask by the page, and do what the worker does."""
    browser.post(EXPORTS, {"task": "emotion", "format": "csv", **form})
    export = LabelExport.objects.get()
    tasks.run_export.call(str(export.pk))
    export.refresh_from_db()
    return export


def downloaded(browser, export: LabelExport) -> zipfile.ZipFile:
    with timezone.override("Asia/Tokyo"):
        response = browser.get(reverse("annotations:export_download", args=[export.pk]))
    there = export.created.astimezone(ZoneInfo("Asia/Tokyo"))
    named = f"labels-emotion-{there:%Y-%m-%d-%H%M}.zip"
    assert response["Content-Disposition"] == f'attachment; filename="{named}"'

    async def read() -> bytes:
        return b"".join([piece async for piece in response.streaming_content])

    content = async_to_sync(read)()
    assert len(content) == int(response["Content-Length"])
    return zipfile.ZipFile(io.BytesIO(content))


def with_sound(clip):
    clip.audio.save(clip.audio.name, ContentFile(b"fLaC sound"))
    return clip


def test_nothing_yet(admin_client):
    text = text_of(admin_client.get(EXPORTS))
    assert "There is no export at the moment." in text
    assert "hx-trigger" not in text


def test_from_the_form_to_the_file(admin_client, shared, say, reviewer):
    clip = shared()
    say(reviewer, clip, "sad")
    export = made(admin_client)
    text = text_of(admin_client.get(EXPORTS))
    assert "1 row" in text and export.manifest["sha256"] in text
    archive = downloaded(admin_client, export)
    table = archive.read("labels.csv")
    assert str(clip.pk) in table.decode()
    assert hashlib.sha256(table).hexdigest() == json.loads(archive.read("manifest.json"))["sha256"]


def test_the_page_follows_the_worker(admin_client):
    admin_client.post(EXPORTS, {"task": "emotion", "format": "jsonl"})
    assert "Waiting for a worker" in text_of(admin_client.get(EXPORTS))
    LabelExport.objects.update(status="running", rows_done=1200, rows_total=4800)
    text = text_of(admin_client.get("/exports/list/"))
    assert 'value="25"' in text and "1,200 of 4,800 rows" in text and 'hx-trigger="every 1s"' in text


@pytest.mark.parametrize(
    "wrong", [{"task": "nothing"}, {"format": "exe"}, {"since": "soon"}, {"since": "0001-01-01"}]
)
def test_bad_wishes_start_nothing(admin_client, wrong):
    response = admin_client.post(EXPORTS, {"task": "emotion", "format": "csv", **wrong})
    assert response.status_code == 400
    assert not LabelExport.objects.exists()


def test_only_what_was_decided_since(admin_client, shared, say, reviewer):
    say(reviewer, shared(), "sad")
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert made(admin_client, since=tomorrow.isoformat()).manifest["rows"] == 0


def test_deleting_takes_the_file_along(admin_client, admin, django_capture_on_commit_callbacks):
    export = made(admin_client)
    address = reverse("annotations:export_delete", args=[export.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert "The export is deleted." in text_of(admin_client.post(address, follow=True))
    assert not export_path(export).exists()
    assert admin_client.post(address).status_code == 302
    assert admin_client.get(reverse("annotations:export_download", args=[export.pk])).status_code == 404


@pytest.mark.parametrize("name", ["export_download", "export_delete"])
def test_files_are_for_administrators(client_of, admin_client, reviewer, name):
    export = made(admin_client)
    address = reverse(f"annotations:{name}", args=[export.pk])
    assert client_of(reviewer).post(address).status_code == 403
    assert client_of(reviewer).get(address).status_code == 403
    assert export_path(export).exists()


def test_a_file_that_is_gone_or_not_there_yet(admin_client, admin, task):
    export = made(admin_client)
    export_path(export).unlink()
    waiting = start_export(administrator=admin, task=task, format="csv")
    for pk in (export.pk, waiting.pk, uuid4()):
        assert admin_client.get(reverse("annotations:export_download", args=[pk])).status_code == 404


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_an_export_whose_task_was_given_up_has_failed(admin_client, admin, task):
    export = start_export(administrator=admin, task=task, format="csv")
    LabelExport.objects.update(created=timezone.now() - timedelta(minutes=5), status="running")
    recover(STRANDED_EXPORTS)
    export.refresh_from_db()
    assert export.status == "running", "its task goes on, or is enqueued again"
    DBTaskResult.objects.update(status="FAILED")
    assert recover(STRANDED_EXPORTS) == 0
    export.refresh_from_db()
    assert (export.status, export.error_code) == ("failed", "worker_lost")
    assert "The worker stopped several times." in text_of(admin_client.get(EXPORTS))
    delete_export(export=export, administrator=admin)


def test_sound_that_was_taken_back_leaves_the_files(admin_client, shared, say, reviewer):
    kept, withdrawn = (with_sound(shared(shared_for_training=True)) for _number in range(2))
    for clip in (kept, withdrawn):
        say(reviewer, clip, "sad")
    export = made(admin_client, format="audiofolder")
    assert f"audio/{withdrawn.pk}.flac" in downloaded(admin_client, export).namelist()
    assert drop_withdrawn_sound() == 0
    withdrawn.shared_for_training = False
    withdrawn.save()
    tasks.check_exports.call()
    assert not export_path(export).exists()
    assert "An owner withdrew a recording" in text_of(admin_client.get(EXPORTS))


def test_sound_that_was_taken_back_is_not_downloaded_while_the_worker_is_busy(
    admin_client, shared, say, reviewer
):
    withdrawn = with_sound(shared(shared_for_training=True))
    say(reviewer, withdrawn, "sad")
    export = made(admin_client, format="audiofolder")
    withdrawn.shared_for_training = False
    withdrawn.save()
    response = admin_client.get(reverse("annotations:export_download", args=[export.pk]), follow=True)
    assert "An owner withdrew a recording" in text_of(response)
    assert not export_path(export).exists()
