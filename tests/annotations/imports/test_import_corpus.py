"""A folder of clips becomes a corpus: what is kept, skipped, rejected, and how a second run goes on."""

import json
import shutil

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

from annotations.imports import corpus
from annotations.models import Decision, QueueEntry
from annotations.queue.offers import take_next
from classifier.clips import storage
from classifier.models import Clip, Corpus
from emotion_site.exceptions import UserError
from tests.annotations.corpora import numbered, write_corpus, write_table

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
def run(capsys):
    """``run(folder, ...)`` imports and gives the summary and the exit status."""

    def call(*args):
        status = 0
        try:
            call_command("import_corpus", *map(str, args), "--json")
        except SystemExit as exit:
            status = exit.code
        return json.loads(capsys.readouterr().out), status

    return call


def test_clips_labels_and_speakers_are_kept(run, tmp_path, task):
    summary, status = run(write_corpus(tmp_path / "voices", numbered(3)))
    assert (summary, status) == ({"corpus": "voices", "added": 3, "already": 0, "rejected": {}}, 0)
    clip = Clip.objects.order_by("file_name").first()
    assert (clip.owner, clip.corpus.name, clip.speaker) == (None, "voices", "voices:s0")
    assert (clip.file_name, clip.split, clip.reference_label.key) == ("audio/0.wav", "train", "sad")
    assert default_storage.exists(clip.audio.name)
    decision = Decision.objects.get(clip=clip)
    assert (decision.state, decision.how, decision.label.key) == ("decided", "imported", "sad")
    assert not QueueEntry.objects.exists()


def test_other_columns_are_kept_and_exported(run, tmp_path):
    rows = [row | {"sex": "female", "intensity": ""} for row in numbered(1)]
    run(write_corpus(tmp_path / "voices", rows))
    call_command("export_labels", str(tmp_path / "out"), "--format", "jsonl")
    (line,) = (tmp_path / "out" / "labels.jsonl").read_text().splitlines()
    assert json.loads(line)["corpus_columns"] == {"sex": "female"}


def test_a_second_run_skips_what_is_there_and_adds_what_is_not(run, tmp_path):
    folder = write_corpus(tmp_path / "voices", numbered(2))
    run(folder)
    write_corpus(folder, numbered(4))
    summary, _status = run(folder)
    assert (summary["added"], summary["already"]) == (2, 2)
    assert Corpus.objects.get().clips.count() == 4


def test_a_run_that_was_stopped_goes_on(run, tmp_path, monkeypatch):
    folder = write_corpus(tmp_path / "voices", numbered(6))
    monkeypatch.setattr(corpus, "BATCH", 2)
    sync, calls = corpus.sync_entries, []

    def stop_at_the_second(pks):
        calls.append(pks)
        if len(calls) == 2:
            raise KeyboardInterrupt
        sync(pks)

    monkeypatch.setattr(corpus, "sync_entries", stop_at_the_second)
    with pytest.raises(CommandError, match="Stopped"):
        run(folder)
    assert Clip.objects.count() == 2
    monkeypatch.setattr(corpus, "sync_entries", sync)
    summary, _status = run(folder)
    assert (summary["added"], summary["already"]) == (4, 2)


def test_nothing_is_half_written_when_the_disk_is_full(run, tmp_path, monkeypatch):
    folder = write_corpus(tmp_path / "voices", numbered(3))

    def full(*args):
        raise UserError("storage_full", "No room left.", status=507)

    monkeypatch.setattr(corpus.Decision.objects, "bulk_create", full)
    with pytest.raises(CommandError, match="storage_full"):
        run(folder)
    assert not Clip.objects.exists()
    files = [path for path in (tmp_path / "clips").rglob("*") if path.is_file()]
    assert files == []


def test_rejected_rows_are_counted_with_their_reasons_and_the_others_are_kept(run, tmp_path, capsys):
    rows = numbered(9)
    rows[1]["label"] = "bored"
    rows[2]["usable"] = "no"
    rows[4]["split"] = "holdout"
    folder = write_corpus(tmp_path / "voices", rows)
    (folder / "audio/3.wav").unlink()
    (folder / "audio/5.wav").write_bytes(b"no sound at all")
    shutil.copy(folder / "audio/0.wav", folder / "audio/6.wav")
    rows[7]["file_name"] = "../voices/audio/7.wav"
    rows[8]["file_name"] = "/etc/passwd"
    write_table(folder / "metadata.csv", rows)
    summary, status = run(folder)
    rejected = summary["rejected"]
    assert summary["added"] == 1
    assert rejected.pop("bad_file_name") == 2
    assert rejected.pop("duplicate") == 1
    assert rejected.pop("not_usable") == 1
    assert rejected.pop("missing_file") == rejected.pop("unknown_label") == rejected.pop("unknown_split") == 1
    assert sum(rejected.values()) == 1, "the file that is no sound, under the decoder's own reason"
    assert status == 1


def test_what_a_corpus_leaves_out_itself_is_no_failure(run, tmp_path):
    rows = numbered(3)
    rows[1]["usable"] = "no"
    folder = write_corpus(tmp_path / "voices", rows)
    shutil.copy(folder / "audio/0.wav", folder / "audio/2.wav")
    for _run in range(2):
        summary, status = run(folder)
        assert (summary["rejected"], status) == ({"not_usable": 1, "duplicate": 1}, 0)


def test_silent_placeholders_are_clips_of_their_own(run, tmp_path):
    summary, _status = run(write_corpus(tmp_path / "voices", numbered(3), silent=True))
    assert summary["added"] == 3


def test_a_table_per_split(run, tmp_path):
    for number, split in enumerate(["train", "test"]):
        rows = [{"file_name": "a.wav", "label": "sad", "speaker": split}]
        write_corpus(tmp_path / "voices" / split, rows)
        # Another sound, or it would be the same clip.
        write_corpus(tmp_path / "other", numbered(number + 1))
        shutil.copy(tmp_path / f"other/audio/{number}.wav", tmp_path / "voices" / split / "a.wav")
    summary, _status = run(tmp_path / "voices", "--name", "parts")
    assert (summary["corpus"], summary["added"]) == ("parts", 2)
    assert set(Clip.objects.values_list("split", "file_name")) == {("train", "a.wav"), ("test", "a.wav")}


def test_labels_may_be_renamed(run, tmp_path):
    folder = write_corpus(tmp_path / "voices", numbered(1, label="trist"))
    run(folder, "--map", "trist=sad")
    assert Clip.objects.get().reference_label.key == "sad"


def linked(folder, target):
    """One clip, whose folder is a link to ``target``."""
    folder.mkdir(exist_ok=True)
    (folder / "audio").symlink_to(target)
    write_table(folder / "metadata.csv", numbered(1))
    return folder


def test_links_that_stay_inside_the_folder_are_followed(run, tmp_path):
    folder = write_corpus(tmp_path / "voices", [{"file_name": "sounds/0.wav"}])
    linked(folder, "sounds")
    (tmp_path / "link").symlink_to(folder)
    assert run(tmp_path / "link")[0]["added"] == 1


@pytest.mark.parametrize("what", ["folder", "file", "link to a link"])
def test_links_that_leave_the_folder_are_followed_only_when_that_is_asked_for(run, tmp_path, capsys, what):
    elsewhere = write_corpus(tmp_path / "elsewhere", numbered(1)) / "audio"
    folder = tmp_path / "voices"
    if what == "folder":
        linked(folder, elsewhere)
    else:
        write_corpus(folder, numbered(1))
        (folder / "audio/0.wav").unlink()
        (folder / "audio/0.wav").symlink_to(elsewhere / "0.wav" if what == "file" else "other.wav")
        (folder / "audio/other.wav").symlink_to(elsewhere / "0.wav")
    summary, status = run(folder)
    assert (summary["added"], summary["rejected"], status) == (0, {"link_outside": 1}, 1)
    assert not Clip.objects.exists()
    assert run(folder, "--follow-links")[0]["added"] == 1


def test_a_table_that_is_a_link_to_elsewhere_is_not_read(run, tmp_path):
    elsewhere = write_corpus(tmp_path / "elsewhere", numbered(1))
    folder = write_corpus(tmp_path / "voices", numbered(1))
    (folder / "metadata.csv").unlink()
    (folder / "metadata.csv").symlink_to(elsewhere / "metadata.csv")
    with pytest.raises(CommandError, match="link_outside"):
        run(folder)
    assert run(folder, "--follow-links")[0]["added"] == 1


def test_a_corpus_enters_the_queue_only_when_that_is_asked_for(run, tmp_path, reviewer, task):
    run(write_corpus(tmp_path / "voices", numbered(1)), "--review")
    clip = Clip.objects.get()
    assert take_next(reviewer=reviewer, task=task).clip == clip
    assert Decision.objects.get().how == "imported"


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["--task", "unheard"], 2),
        (["--map", "sad"], 2),
        (["--map", "sad=bored"], 2),
    ],
)
def test_wrong_use(tmp_path, db, args, status):
    folder = write_corpus(tmp_path / "voices", numbered(1))
    with pytest.raises(CommandError) as caught:
        call_command("import_corpus", str(folder), *args)
    assert caught.value.returncode == status
    assert not Clip.objects.exists()


def test_a_folder_that_is_no_corpus(tmp_path, db):
    for folder, code in [(tmp_path / "nowhere", "no_folder"), (tmp_path, "no_metadata")]:
        with pytest.raises(CommandError, match=code):
            call_command("import_corpus", str(folder))
    (tmp_path / "metadata.csv").write_text("name\n1\n")
    with pytest.raises(CommandError, match="no_file_name"):
        call_command("import_corpus", str(tmp_path))


def test_a_speaker_in_two_splits_is_refused_before_anything_is_kept(tmp_path, db):
    rows = numbered(2)
    rows[1] |= {"speaker": "s0", "split": "test"}
    folder = write_corpus(tmp_path / "voices", rows)
    with pytest.raises(CommandError, match="speaker_in_two_splits"):
        call_command("import_corpus", str(folder))
    assert not Clip.objects.exists()


def test_what_is_stored_is_what_was_decoded(run, tmp_path):
    run(write_corpus(tmp_path / "voices", numbered(1)))
    clip = Clip.objects.get()
    assert storage.read_waveform(clip).size == 6400
    assert clip.peaks
