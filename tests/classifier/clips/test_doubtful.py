"""What contradicts its file is never a sure answer, at whatever door it came in or goes out."""

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from annotations.models import ReviewPolicy
from annotations.queue.offers import take_next
from classifier.clips.sharing import set_sharing
from classifier.models import Clip, Task
from classifier.predictions.storing import predict_stored_clip
from tests.classifier.audio.test_doubts import DOUBTFUL, INCOMPLETE
from tests.classifier.audio.voice import plain_wav
from tests.factories import ClipFactory

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators"),
]
CLIPS = "/api/v1/clips/"
FILES = {"doubtful": DOUBTFUL["FLAC, shorter"], "incomplete": INCOMPLETE["text behind"]}
IN_DOUBT = {"hints": ["incomplete"], "digital_silence": False, "in_doubt": True}


@pytest.fixture
def always_sure(settings) -> None:
    """Every answer leads far enough, so that only doubt makes it an unsure one."""
    settings.SURE_MARGIN = 0.0


def sent(client, data: bytes) -> dict:
    response = client.post(CLIPS, {"file": SimpleUploadedFile("a.wav", data)})
    assert response.status_code == 201
    return response.json()


@pytest.mark.parametrize("code", FILES)
def test_an_upload_is_answered_but_not_surely(code, speaker_client, model_version, always_sure):
    answer = sent(speaker_client, FILES[code])["prediction"]
    assert not answer["sure"]
    assert code in answer["quality"]["hints"]


def test_an_ordinary_one_is(speaker_client, model_version, always_sure):
    assert sent(speaker_client, plain_wav())["prediction"]["sure"]


def test_the_page_says_so_and_why(speaker_client, model_version, always_sure):
    clip = Clip.objects.get(pk=sent(speaker_client, FILES["incomplete"])["id"])
    text = speaker_client.get(clip.get_absolute_url()).content.decode()
    assert "Not sure, perhaps" in text
    assert "left out" in text
    assert not clip.is_sure


def test_a_workers_answer_is_no_surer(speaker_client, model_version, always_sure):
    clip = Clip.objects.get(pk=sent(speaker_client, FILES["doubtful"])["id"])
    clip.predictions.all().delete()
    predict_stored_clip(clip)
    assert not Clip.objects.get(pk=clip.pk).is_sure


def test_the_command_says_so(tmp_path, model_version, always_sure, capsys):
    for code, data in FILES.items():
        (tmp_path / code).write_bytes(data)
    (tmp_path / "good").write_bytes(plain_wav())
    call_command("classify", *(str(tmp_path / name) for name in ("good", *FILES)), "--json")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["sure"] for line in lines] == [True, False, False]


def test_an_imported_clip_keeps_its_doubt(tmp_path, model_version, always_sure):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.wav").write_bytes(FILES["incomplete"])
    (folder / "metadata.csv").write_text("file_name,label,speaker\na.wav,sad,one\n")
    call_command("import_corpus", str(folder), "--task", "emotion")
    assert Clip.objects.get(file_name="a.wav").quality.get("in_doubt") is True


def test_history_and_export_count_it_among_the_unsure(speaker, speaker_client):
    doubtful = ClipFactory(owner=speaker, quality=IN_DOUBT, answer="sad")
    sure = ClipFactory(owner=speaker, answer="sad")
    rows = {}
    for confidence in ("sure", "unsure"):
        response = speaker_client.get("/history/export/", {"confidence": confidence})
        text = b"".join(response).decode("utf-8-sig")
        rows[confidence] = [(row["id"], row["sure"]) for row in csv.DictReader(io.StringIO(text))]
    assert rows == {"sure": [(str(sure.pk), "true")], "unsure": [(str(doubtful.pk), "false")]}


def test_reviewers_are_offered_it_before_what_is_sure(speaker, reviewer):
    task = Task.objects.get(slug="emotion")
    ReviewPolicy.objects.filter(task=task).update(random_percent=0)
    for quality, confidence in ((IN_DOUBT, 0.99), ({"hints": []}, 0.4)):
        clip = ClipFactory(owner=speaker, quality=quality, answer="sad", answer__confidence=confidence)
        set_sharing(clip=clip, review=True)
    offer = take_next(reviewer=reviewer, task=task)
    assert offer.clip.quality == IN_DOUBT


def test_what_was_sent_before_makes_no_file_in_doubt_sure(
    speaker_client, speaker, model_version, always_sure
):
    whole = plain_wav()
    assert sent(speaker_client, whole)["prediction"]["sure"] is True
    again = speaker_client.post(
        CLIPS, {"file": SimpleUploadedFile("a.wav", whole + b"This is no sound. " * 500)}
    )
    assert again.status_code == 200
    assert again.json()["prediction"]["sure"] is False
    assert again.json()["notes"][0]["code"] == "duplicate"
    assert not Clip.objects.get(owner=speaker).quality.get("in_doubt")
