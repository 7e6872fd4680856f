"""What leaves the site as labels, and what stays."""

import csv
import hashlib
import json
import tracemalloc

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from annotations.exports.labels import ExportOptions, export_file
from annotations.imports.corpus_rows import read_corpus_rows
from annotations.imports.labels import LabelReader
from annotations.models import Decision
from classifier.clips.deletion import delete_clips
from classifier.clips.sharing import set_sharing
from classifier.models import Clip, Corpus, Label
from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "clips"},
        },
    }


@pytest.fixture
def export(tmp_path, capsys):
    """``export("out.csv")`` runs the command and gives the manifest and the rows."""

    def run(name, *args):
        out = tmp_path / name
        call_command("export_labels", str(out), "--json", *args)
        manifest = json.loads(capsys.readouterr().out)
        table = out if out.is_file() else next(out.glob("*.*sv"), None) or next(out.glob("*.jsonl"))
        assert manifest["sha256"] == hashlib.sha256(table.read_bytes()).hexdigest()
        with table.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(map(json.loads, lines) if table.suffix == ".jsonl" else csv.DictReader(lines))
        assert manifest["rows"] == len(rows)
        return manifest, rows

    return run


@pytest.fixture
def labelled(shared, say, reviewer):
    """Three clips of the speaker: sad, angry and one without speech."""
    clips = [shared(title="My secret", speaker="Grandma") for _number in range(3)]
    for clip, word in zip(clips, ["sad", "angry", "no_speech"], strict=True):
        say(reviewer, clip, word)
    return clips


def test_rows_of_decided_clips(export, labelled, shared):
    shared()  # still waits
    manifest, rows = export("out.csv")
    assert [row["label"] for row in rows] == ["sad", "angry", ""]
    assert (rows[2]["flag"], rows[0]["how"], rows[0]["votes_sad"]) == ("no_speech", "single", "1")
    assert manifest["labels"] == ["neutral", "happy", "sad", "angry", "fearful", "disgust"]


def test_the_manifest_lies_beside_the_file(export, labelled, tmp_path):
    manifest, _rows = export("out.csv")
    assert json.loads((tmp_path / "out.csv.manifest.json").read_text()) == manifest


def test_owners_titles_and_names_of_speakers_stay(export, labelled, speaker):
    _manifest, rows = export("out.csv")
    text = str(rows)
    assert "secret" not in text
    assert "Grandma" not in text
    assert speaker.email not in text
    assert len({row["speaker"] for row in rows}) == 1, "one voice, under one pseudonym"


def test_what_was_withdrawn_or_deleted_is_gone_from_the_next_export(export, labelled):
    set_sharing(clip=labelled[0], review=False, training=True)
    delete_clips(clips=Clip.objects.filter(pk=labelled[1].pk))
    _manifest, rows = export("out.csv")
    assert [row["clip"] for row in rows] == [str(labelled[2].pk)]


def test_only_what_was_decided_since(export, labelled):
    Decision.objects.filter(clip=labelled[0]).update(decided_at="2020-01-01T00:00Z")
    _manifest, rows = export("out.csv", "--since", "2021-01-01")
    assert len(rows) == 2


def test_lines_of_json_hold_every_review(export, labelled, say, reviewer):
    say(reviewer, labelled[0], "happy")
    _manifest, rows = export("folder", "--format", "jsonl")
    assert [review["label"] for review in rows[0]["reviews"]] == ["sad", "happy"]
    assert rows[0]["reviews"][0]["rater"].startswith("reviewer-")


def test_a_folder_with_sound_holds_only_what_is_shared_for_training(export, labelled, tmp_path):
    for clip in labelled:
        clip.audio.name = default_storage.save(f"aa/{clip.pk}.flac", ContentFile(b"sound"))
        clip.shared_for_training = clip != labelled[1]
        clip.save()
    manifest, rows = export("folder", "--format", "audiofolder")
    assert [row["label"] for row in rows] == ["sad"]
    assert (tmp_path / "folder" / rows[0]["file_name"]).read_bytes() == b"sound"
    assert json.loads((tmp_path / "folder/manifest.json").read_text()) == manifest


def test_a_sound_that_vanished_meanwhile_is_left_out(export, labelled):
    Clip.objects.update(shared_for_training=True)
    _manifest, rows = export("folder", "--format", "audiofolder")
    assert rows == []


def test_a_corpus_is_exported_by_its_names(export, task):
    corpus = Corpus.objects.create(name="voices", task=task)
    sad = Label.objects.get(task=task, key="sad")
    fields = {"file_name": "audio/1.wav", "speaker": "voices:ann", "reference_label": sad, "split": "test"}
    clip = ClipFactory(owner=None, corpus=corpus, **fields)
    Decision.objects.create(clip=clip, task=task, state="decided", label=sad, how="imported")
    _manifest, (row,) = export("out.csv")
    assert (row["corpus"], row["corpus_file"], row["speaker"]) == ("voices", "audio/1.wav", "voices:ann")
    assert (row["reference_label"], row["split"], row["how"]) == ("sad", "test", "imported")


def test_no_labels_at_all(export, task):
    manifest, rows = export("out.csv")
    assert (manifest["rows"], rows) == (0, [])


@pytest.mark.parametrize(
    "args",
    [
        ["out.csv", "--format", "jsonl"],
        ["out.csv", "--since", "soon"],
        ["out.csv", "--task", "unheard"],
        ["full"],
    ],
)
def test_wrong_use(tmp_path, db, args):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/something").touch()
    with pytest.raises(CommandError) as caught:
        call_command("export_labels", str(tmp_path / args[0]), *args[1:])
    assert caught.value.returncode == 2


def test_nothing_is_half_written(tmp_path, labelled, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("annotations.exports.labels.speaker_of", full)
    for name in ("out.csv", "folder"):
        with pytest.raises(CommandError, match="No space left"):
            call_command("export_labels", str(tmp_path / name))
    assert [path.name for path in tmp_path.iterdir() if path.name != "clips"] == []


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_labels(tmp_path, speaker, task):
    sad = Label.objects.get(task=task, key="sad")

    def peak(count):
        clips = ClipFactory.build_batch(count, owner=speaker, shared_for_review=True)
        Clip.objects.bulk_create(clips)
        Decision.objects.bulk_create(
            Decision(clip=clip, task=task, state="decided", label=sad, how="imported") for clip in clips
        )
        tracemalloc.start()
        try:
            manifest = export_file(
                ExportOptions(task), tmp_path / "out.csv", progress=lambda done, total: None
            )
            return manifest["rows"], tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    (few, small), (many, large) = peak(3000), peak(9000)
    assert (few, many) == (3000, 12000)
    assert large < 1.3 * small


@pytest.fixture
def hostile(task):
    """A clip of a corpus whose names are formulas."""
    corpus = Corpus.objects.create(name="=voces", task=task)
    sad = Label.objects.get(task=task, key="sad")
    clip = ClipFactory(
        owner=None, corpus=corpus, file_name="＝1+1.wav", speaker="@ñandú", reference_label=sad
    )
    Decision.objects.create(clip=clip, task=task, state="decided", label=sad, how="imported")
    clip.audio.name = default_storage.save(f"aa/{clip.pk}.flac", ContentFile(b"sound"))
    clip.save()
    return clip


@pytest.mark.parametrize("name", ["out.csv", "folder"])
def test_the_table_is_made_for_spreadsheets(export, hostile, tmp_path, name):
    _manifest, (row,) = export(name)
    assert (row["corpus"], row["corpus_file"], row["speaker"]) == ("'=voces", "'＝1+1.wav", "'@ñandú")
    table = tmp_path / name if name == "out.csv" else tmp_path / name / "labels.csv"
    assert table.read_bytes().startswith("\ufeffclip,label,".encode())


def test_an_empty_table_is_made_for_spreadsheets_too(export, task, tmp_path):
    export("out.csv")
    assert (tmp_path / "out.csv").read_bytes().startswith("\ufeffclip,label,".encode())


def test_what_programs_read_stays_as_it_is(export, hostile, tmp_path):
    _manifest, (row,) = export("folder", "--format", "audiofolder")
    assert (row["corpus"], row["corpus_file"], row["speaker"]) == ("=voces", "＝1+1.wav", "@ñandú")
    assert (tmp_path / "folder/metadata.csv").read_bytes().startswith(b"file_name,clip,label,")
    export("lines", "--format", "jsonl")
    assert (tmp_path / "lines/labels.jsonl").read_bytes().startswith(b"{")


def test_an_exported_folder_comes_in_as_a_corpus_again(export, hostile, tmp_path):
    export("folder", "--format", "audiofolder")
    (row,) = read_corpus_rows(tmp_path / "folder", LabelReader(hostile.corpus.task, {}))
    assert (row.rejected, row.label.key, row.speaker) == ("", "sad", "@ñandú")
