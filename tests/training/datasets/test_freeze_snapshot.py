import csv
import json

import numpy as np
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage

from annotations.models import CurrentReview, Decision, Review
from classifier.audio.flac import decode_flac
from classifier.clips.deletion import delete_clips
from classifier.clips.sharing import set_sharing, share_clips
from classifier.models import Clip, Corpus, Label
from emotion_site.exceptions import UserError
from tests.training.decided import decided_by_people, decided_clip, decided_corpus, spoken
from training.datasets.corpus import read_corpus
from training.datasets.decoded import decode_clips
from training.datasets.erasing import sync_folder
from training.datasets.freezing import FreezeOptions, freeze_snapshot
from training.datasets.snapshot_folder import verify_snapshot, write_snapshot
from training.datasets.splits import draw_split
from training.exceptions import SnapshotRefused
from training.models import Snapshot, SpeakerSplit
from training.versions.parity import SPEECH


@pytest.fixture(autouse=True)
def own_data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def written(task, admin, **options) -> Snapshot:
    snapshot = freeze_snapshot(
        task=task, administrator=admin, options=FreezeOptions(**options), later=False
    ).snapshot
    write_snapshot(snapshot)
    return snapshot


def rows_of(snapshot: Snapshot) -> list[dict[str, str]]:
    rows = []
    for path in sorted(snapshot.folder.glob("*/metadata.csv")):
        with path.open(newline="") as file:
            rows += list(csv.DictReader(file))
    return rows


def test_snapshot_holds_decided_and_shared_clips_and_corpora(task, admin, speaker):
    decided_corpus()
    mine = decided_by_people(speaker)
    decided_clip("sad", waveform=spoken("sad", 30), owner=speaker, shared_for_training=False)
    decided_clip("sad", waveform=spoken("sad", 31), owner=speaker, shared_for_review=False)
    snapshot = written(task, admin)
    assert snapshot.is_ready and snapshot.n_clips == 30 + len(mine)
    corpus = read_corpus(snapshot.folder, snapshot.labels)
    assert len(corpus.clips) == snapshot.n_clips
    assert {row["split"] for row in rows_of(snapshot)} == {"train", "validation", "test"}
    manifest = json.loads((snapshot.folder / "manifest.json").read_text())
    assert manifest["checksum"] == snapshot.checksum and manifest["erased"] == []


def test_corpora_can_be_left_out(task, admin, speaker):
    decided_corpus()
    mine = decided_by_people(speaker)
    assert written(task, admin, with_corpora=False).n_clips == len(mine)


def test_no_name_or_title_leaves_with_a_snapshot(task, admin, speaker):
    decided_by_people(speaker)
    snapshot = written(task, admin)
    text = "".join(path.read_text() for path in snapshot.folder.rglob("*.*") if path.suffix != ".flac")
    assert "voice 0" not in text and "speaker@example.org" not in text and "Clip " not in text


def test_equal_inputs_are_the_same_snapshot(task, admin, speaker):
    decided_by_people(speaker)
    first = freeze_snapshot(task=task, administrator=admin)
    again = freeze_snapshot(task=task, administrator=admin)
    assert again.snapshot == first.snapshot and not again.created
    Decision.objects.filter(label__key="sad").update(label=Label.objects.get(key="angry"))
    other = freeze_snapshot(task=task, administrator=admin)
    assert other.created and other.snapshot.checksum != first.snapshot.checksum


def test_several_reviewers_give_soft_labels(task, admin, speaker, reviewer):
    clip = decided_clip("sad", waveform=spoken("sad", 1), owner=speaker)
    for number, key in enumerate(("sad", "sad", "neutral")):
        label = Label.objects.get(key=key)
        review = Review.objects.create(
            task=task, clip=clip, rater=f"r{number}", kind="blind", label=label, client_id=str(number)
        )
        CurrentReview.objects.create(task=task, clip=clip, rater=f"r{number}", review=review, label=label)
    (row,) = rows_of(written(task, admin))
    assert (row["label"], row["soft_label_sad"], row["soft_label_neutral"]) == ("sad", "0.666667", "0.333333")


def test_nothing_decided_is_refused(task, admin):
    with pytest.raises(UserError) as refused:
        freeze_snapshot(task=task, administrator=admin)
    assert refused.value.code == "no_decided_clips"


def test_only_administrators_freeze(task, reviewer):
    with pytest.raises(PermissionDenied):
        freeze_snapshot(task=task, administrator=reviewer)


def test_splits_of_speakers_never_change_and_five_fill_all(task, admin, speaker):
    decided_by_people(speaker, 5)
    written(task, admin)
    first = dict(SpeakerSplit.objects.values_list("name", "split"))
    assert {"train", "validation", "test"} >= set(first.values()) >= {"validation", "test"}
    decided_clip("angry", waveform=spoken("angry", 40), owner=speaker, speaker="a new voice")
    written(task, admin)
    assert first.items() <= dict(SpeakerSplit.objects.values_list("name", "split")).items()


def test_split_follows_the_hash_about_80_10_10():
    drawn = [draw_split(f"speaker-{number}", ["validation", "test"]) for number in range(4000)]
    assert 0.77 < drawn.count("train") / 4000 < 0.83
    assert 0.08 < drawn.count("test") / 4000 < 0.12


def test_withdrawn_clip_leaves_every_snapshot_at_once(
    task, admin, speaker, django_capture_on_commit_callbacks
):
    clips = decided_by_people(speaker)
    snapshot = written(task, admin)
    gone = snapshot.clips.get(clip=clips[0]).file
    assert (snapshot.folder / gone).is_file()
    with django_capture_on_commit_callbacks(execute=True):
        set_sharing(clip=clips[0], review=True, training=False)
    sync_folder(snapshot)  # the task's work
    snapshot.refresh_from_db()
    assert not (snapshot.folder / gone).exists() and snapshot.n_erased == 1
    assert str(clips[0].pk) in json.loads((snapshot.folder / "manifest.json").read_text())["erased"]
    assert len(read_corpus(snapshot.folder, snapshot.labels).clips) == snapshot.n_clips - 1
    verify_snapshot(snapshot)
    set_sharing(clip=Clip.objects.get(pk=clips[0].pk), review=True, training=True)
    assert freeze_snapshot(task=task, administrator=admin).created


def test_many_withdrawn_and_deleted_clips_leave(task, admin, speaker):
    clips = decided_by_people(speaker)
    snapshot = written(task, admin)
    share_clips(clips=Clip.objects.filter(pk=clips[0].pk), review=False, training=False)
    delete_clips(clips=Clip.objects.filter(pk=clips[1].pk))
    assert snapshot.clips.filter(erased=True).count() == 1, "there is still time for undo"
    Clip.objects.filter(pk=clips[1].pk).delete()
    assert set(snapshot.clips.filter(erased=True).values_list("clip_id", flat=True)) == {
        clips[0].pk,
        clips[1].pk,
    }


def test_clip_deleted_between_freezing_and_writing_is_left_out(task, admin, speaker):
    clips = decided_by_people(speaker)
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    Clip.objects.filter(pk=clips[0].pk).delete()
    write_snapshot(snapshot)
    assert snapshot.is_ready and snapshot.clips.kept().count() == len(clips) - 1
    verify_snapshot(snapshot)


def test_clip_withdrawn_while_it_was_frozen_is_left_out(task, admin, speaker):
    clips = decided_by_people(speaker)
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    # On PostgreSQL the withdrawal may come between reading the clips and keeping the rows.
    Clip.objects.filter(pk=clips[0].pk).update(shared_for_review=False)
    write_snapshot(snapshot)
    assert snapshot.clips.kept().count() == len(clips) - 1
    assert len(list(snapshot.folder.glob("*/audio/*"))) == len(clips) - 1


def test_clip_whose_sound_is_damaged_is_left_out_with_a_warning(task, admin, speaker):
    clips = decided_by_people(speaker)
    with default_storage.open(clips[0].audio.name, "wb") as file:
        file.write(b"no sound")
    snapshot = written(task, admin)
    assert snapshot.is_ready and snapshot.clips.kept().count() == len(clips) - 1
    assert {"code": "unreadable", "count": 1} in snapshot.warnings
    verify_snapshot(snapshot)


def test_two_writers_do_not_write_the_same_snapshot(task, admin, speaker, monkeypatch):
    decided_by_people(speaker)
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    monkeypatch.setattr("training.datasets.snapshot_folder.BEAT_EVERY", 1)
    folders = []

    def another() -> bool:
        write_snapshot(Snapshot.objects.get(pk=snapshot.pk))
        folders.append(len(list(snapshot.folder.parent.iterdir())))
        return True

    write_snapshot(snapshot, another)
    assert snapshot.is_ready and set(folders) == {1}


def test_writer_that_is_stopped_leaves_the_snapshot_to_the_next(task, admin, speaker, monkeypatch):
    decided_by_people(speaker)
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    monkeypatch.setattr("training.datasets.snapshot_folder.BEAT_EVERY", 1)
    write_snapshot(snapshot, lambda: False)
    assert snapshot.state == "writing" and not list(snapshot.folder.parent.iterdir())
    write_snapshot(snapshot)
    assert snapshot.is_ready


def test_sound_that_a_command_decoded_goes_with_a_withdrawn_clip(task, admin, speaker, tmp_path):
    clips = decided_by_people(speaker)
    snapshot = written(task, admin)
    kept = sorted(snapshot.folder.glob("train/audio/*"))
    decode_clips(kept, tmp_path / "cache")
    set_sharing(clip=clips[0], review=True, training=False)
    sync_folder(snapshot)
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize("what", ["sound", "table", "missing"])
def test_altered_snapshot_is_refused(task, admin, speaker, what):
    decided_by_people(speaker)
    snapshot = written(task, admin)
    verify_snapshot(snapshot)
    path = next(snapshot.folder.glob("*/audio/*.flac" if what != "table" else "*/metadata.csv"))
    if what == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes().replace(b"happy", b"angry") + b" ")
    with pytest.raises(SnapshotRefused) as refused:
        verify_snapshot(snapshot)
    assert refused.value.code == "snapshot_altered"


def test_nearly_the_same_sound_in_two_splits_is_told(task, admin):
    corpus = Corpus.objects.create(name="speech", task=task)
    first, second = (decode_flac(path.read_bytes()) for path in sorted(SPEECH.glob("*.flac")))
    louder = 1.4 * first[2000:-1000] + np.random.default_rng(0).normal(size=len(first) - 3000) * 2e-3
    clips = [
        decided_clip(
            "sad",
            waveform=waveform,
            owner=None,
            corpus=corpus,
            speaker=f"speech:{split}-{number}",
            split=split,
            file_name=f"{number}.wav",
            source="corpus",
        )
        for number, (waveform, split) in enumerate([(first, "train"), (second, "test"), (louder, "test")])
    ]
    (warning,) = [each for each in written(task, admin).warnings if each["code"] == "near_duplicates"]
    assert warning["count"] == 1
    assert set(warning["pairs"][0]) == {str(clips[0].pk), str(clips[2].pk)}


def test_full_disk_leaves_no_folder_and_says_so(task, admin, speaker, monkeypatch):
    decided_by_people(speaker)
    snapshot = freeze_snapshot(task=task, administrator=admin, later=False).snapshot
    full = OSError(28, "No space left on device")

    def fail(*args):
        raise full

    monkeypatch.setattr("training.datasets.snapshot_folder.write_tables", fail)
    with pytest.raises(OSError):
        write_snapshot(snapshot)
    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.error_code) == ("failed", "storage_full")
    assert list((snapshot.folder.parent).iterdir()) == []


def test_labels_with_few_clips_are_told(task, admin, speaker):
    decided_by_people(speaker)
    snapshot = written(task, admin)
    few = {(each["split"], each["label"]) for each in snapshot.warnings if each["code"] == "few_clips"}
    assert ("train", "angry") in few
