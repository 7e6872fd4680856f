import shutil

import numpy as np
import pytest
import soundfile

from tests.classifier.audio.taken_over import take_over
from tests.training.corpora import read_metadata, write_corpus, write_metadata
from tests.training.tiny_model import LABELS
from training.datasets.corpus import read_corpus, require_several_labels
from training.datasets.decoded import decode_clips
from training.exceptions import CorpusRefused


@pytest.fixture
def folder(tmp_path):
    return write_corpus(tmp_path / "voices")


def change_row(folder, number=0, **changes):
    rows = read_metadata(folder)
    rows[number].update(changes)
    write_metadata(folder, rows)


def refusal(folder, **options):
    with pytest.raises(CorpusRefused) as refused:
        read_corpus(folder, LABELS, **options)
    return refused.value.code


def test_a_file_that_takes_its_decoder_over_takes_nothing_else(tmp_path, monkeypatch):
    take_over(monkeypatch, tmp_path)
    recording = tmp_path / "hostile.wav"
    recording.write_text('["crash", null]')
    with pytest.raises(CorpusRefused, match="decoder_crashed"):
        decode_clips([recording], tmp_path / "cache")


def test_each_split_holds_its_own_speakers(folder):
    corpus = read_corpus(folder, LABELS)
    speakers = {split: {clip.speaker for clip in corpus.split(split)} for split in ("train", "test")}
    assert speakers == {"train": {"ann", "bob"}, "test": {"tom"}}
    assert len(corpus.split("train")) == 12


def test_one_table_in_each_split_folder_is_read_too(folder, tmp_path):
    rows = read_metadata(folder)
    for split in ("train", "test"):
        (tmp_path / "split" / split).mkdir(parents=True)
        shutil.copytree(folder / "audio", tmp_path / "split" / split / "audio")
        own = [{**row, "split": ""} for row in rows if row["split"] == split]
        write_metadata(tmp_path / "split" / split, own)
    corpus = read_corpus(tmp_path / "split", LABELS)
    assert len(corpus.split("train")) == 12
    assert {clip.speaker for clip in corpus.split("test")} == {"tom"}


def test_speaker_in_two_splits_is_refused(folder):
    change_row(folder, speaker="tom")
    assert refusal(folder) == "speaker_in_two_splits"


@pytest.mark.parametrize("name", ["../voices/audio/ann_sad_0.flac", "/etc/hostname", ""])
def test_file_outside_the_folder_is_refused(folder, name):
    change_row(folder, file_name=name)
    assert refusal(folder) == "bad_file_name"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"file_name": "audio/gone.flac"}, "missing_file"),
        ({"label": "bored"}, "unknown_label"),
        ({"split": "holdout"}, "unknown_split"),
        ({"votes_sad": "many"}, "bad_votes"),
    ],
)
def test_wrong_row_is_refused(folder, changes, code):
    change_row(folder, **changes)
    assert refusal(folder) == code


def test_folder_without_table_is_refused(tmp_path):
    assert refusal(tmp_path) == "no_metadata"


def test_label_can_be_renamed(folder):
    change_row(folder, label="joy")
    assert read_corpus(folder, LABELS, {"joy": "happy"}).clips[0].label == "happy"


def test_unusable_row_is_left_out_and_counted(folder):
    change_row(folder, usable="no")
    corpus = read_corpus(folder, LABELS)
    assert corpus.rejected == {"not_usable": 1}
    assert len(corpus.clips) == 23


def test_votes_follow_the_labels(folder):
    change_row(folder, votes_sad="3", votes_neutral="1")
    clip = read_corpus(folder, LABELS).clips[0]
    assert dict(zip(LABELS, clip.votes, strict=True))["sad"] == 3.0
    assert sum(clip.votes) == 4.0


def test_split_without_clips_is_refused(folder):
    write_metadata(folder, [row for row in read_metadata(folder) if row["split"] != "test"])
    with pytest.raises(CorpusRefused, match="empty_split"):
        read_corpus(folder, LABELS).split("test")


def test_one_label_alone_is_refused(folder):
    corpus = read_corpus(folder, LABELS)
    with pytest.raises(CorpusRefused, match="one_label"):
        require_several_labels([clip for clip in corpus.clips if clip.label == "sad"])


def test_clips_are_decoded_once(folder, tmp_path):
    paths = [clip.path for clip in read_corpus(folder, LABELS).clips]
    seen = []
    first = decode_clips(paths, tmp_path / "cache", lambda done, total: seen.append(done))
    again = decode_clips(paths, tmp_path / "cache", lambda done, total: seen.append(done))
    assert seen == list(range(1, 25))
    expected, _ = soundfile.read(paths[5], dtype="float32")
    assert np.array_equal(first.waveform(5), expected)
    assert np.array_equal(again.waveform(5), expected)


def test_changed_clip_is_decoded_again(folder, tmp_path):
    paths = [clip.path for clip in read_corpus(folder, LABELS).clips]
    decode_clips(paths, tmp_path / "cache")
    soundfile.write(paths[0], np.full(8000, 0.25), 16_000)
    assert np.array_equal(
        decode_clips(paths, tmp_path / "cache").waveform(0), np.full(8000, 0.25, np.float32)
    )


def test_unreadable_clip_leaves_nothing_behind(folder, tmp_path):
    paths = [clip.path for clip in read_corpus(folder, LABELS).clips]
    paths[3].write_bytes(b"no sound")
    with pytest.raises(CorpusRefused, match=rf"{paths[3].name} .*unreadable_audio"):
        decode_clips(paths, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
