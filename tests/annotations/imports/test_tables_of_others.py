"""Tables that spreadsheets and other systems wrote, at every door that reads one."""

import json
import shutil
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
import soundfile
from django.core.management import CommandError, call_command

from annotations.models import Review
from classifier.models import Clip
from tests.annotations.corpora import RATE, tone
from training.datasets.corpus import read_corpus
from training.datasets.noises_and_rooms import read_noises, read_rooms
from training.exceptions import CorpusRefused

pytestmark = pytest.mark.django_db
TABLES = sorted((Path(__file__).parent / "tables").glob("metadata-*.csv"))
LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgust")
NFC, NFD = "año.wav", normalize("NFD", "año.wav")


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
    def call(*args):
        status = 0
        try:
            call_command(*map(str, args), "--json")
        except SystemExit as exit:
            status = exit.code
        return json.loads(capsys.readouterr().out), status

    return call


def folder_of(home: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(number), RATE)
    return home


def write(folder: Path, *lines: str) -> Path:
    (folder / "metadata.csv").write_text("".join(f"{line}\n" for line in lines))
    return folder


@pytest.mark.parametrize("table", TABLES, ids=lambda path: path.stem)
def test_a_corpus_whose_table_a_spreadsheet_saved(run, tmp_path, table):
    folder = folder_of(tmp_path / "voices", "uno.wav", NFC)
    shutil.copy(table, folder / "metadata.csv")
    summary, status = run("import_corpus", folder)
    assert (summary["added"], summary["rejected"], status) == (2, {}, 0)
    rows = Clip.objects.values_list("file_name", "reference_label__key", "speaker", "split")
    assert set(rows) == {("uno.wav", "happy", "voices:Zoë", "train"), (NFC, "sad", "voices:Luís", "test")}
    assert run("import_corpus", folder)[0]["already"] == 2
    assert {clip.speaker for clip in read_corpus(folder, LABELS).clips} == {"Zoë", "Luís"}
    call_command("describe_corpus", str(folder))


@pytest.mark.parametrize(
    ("separator", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-16"), (",", "cp1252"), (";", "cp1252")]
)
def test_reviews_whose_table_a_spreadsheet_saved(run, tmp_path, separator, encoding):
    folder = write(folder_of(tmp_path / "voices", NFC), "file_name,label,speaker", f"{NFC},sad,Ana")
    run("import_corpus", folder)
    long = [["file_name", "rater", "label"], [NFC, "Zoë", "angry"]]
    wide = [["file_name", "votes_sad", "votes_angry"], [NFC, "1" if separator == "," else "2,0", "3"]]
    for rows, count in ((long, 1), (wide, 4 if separator == "," else 5)):
        path = tmp_path / "reviews.csv"
        path.write_bytes("\r\n".join(separator.join(row) for row in rows).encode(encoding))
        summary, status = run("import_reviews", path)
        assert (summary["added"], summary["rejected"], status) == (count, {}, 0)
    assert Review.objects.filter(rater="Zoë").count() == 1


@pytest.mark.parametrize("separator", [";", "\t"])
def test_noises_and_rooms_whose_table_a_spreadsheet_saved(tmp_path, separator):
    folder = folder_of(tmp_path / "sounds", f"sub/{NFD}", *(f"{number}.wav" for number in range(7)))
    rows = [["file_name", "source_id"], [f"sub\\{NFC}", "añ"]]
    rows += [[f"{number}.wav", str(number)] for number in range(7)]
    (folder / "metadata.csv").write_bytes("\r\n".join(map(separator.join, rows)).encode("utf-16"))
    cache = tmp_path / "cache"
    assert len(read_rooms(folder, cache)) == 8
    noises = [len(read_noises(folder, cache, for_testing=test)) for test in (True, False)]
    assert all(noises) and sum(noises) == 8


@pytest.mark.parametrize("name", ["../secret.wav", "/etc/hostname", "..\\secret.wav", "linked.wav"])
def test_noises_stay_in_their_folder(tmp_path, name):
    folder_of(tmp_path, "secret.wav")
    folder = write(folder_of(tmp_path / "sounds", "uno.wav"), "file_name,source_id", f"{name},1")
    (folder / "linked.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(CorpusRefused, match=r"bad_file_name|link_outside"):
        read_rooms(folder, tmp_path / "cache")


@pytest.mark.parametrize("on_disk", [NFC, NFD])
@pytest.mark.parametrize("in_table", [NFC, NFD])
@pytest.mark.parametrize("slash", ["/", "\\"])
def test_names_are_found_however_their_accents_and_slashes_are_written(
    run, tmp_path, on_disk, in_table, slash
):
    folder = folder_of(tmp_path / "voices", f"Zoë/{on_disk}", "Zoë/uno.wav")
    named = f"Zoë{slash}{in_table}"
    write(folder, "file_name,label,speaker", f"{named},sad,Ana", f"Zoë{slash}uno.wav,happy,Eva")
    summary, status = run("import_corpus", folder)
    assert (summary["added"], summary["rejected"], status) == (2, {}, 0)
    # Another system saves the same table again; nothing is new.
    write(folder, "file_name,label,speaker", f"Zoë/{NFC},sad,Ana", f"Zoë\\{NFD},sad,Ana")
    summary, _status = run("import_corpus", folder)
    assert (summary["added"], summary["already"], summary["rejected"]) == (0, 2, {})
    for number, name in enumerate([f"Zoë/{NFC}", f"Zoë\\{NFD}"]):
        path = tmp_path / "reviews.csv"
        path.write_text(f"file_name,rater,label\n{name},ann,sad\n")
        assert run("import_reviews", path)[0] == {
            "added": 1 - number,
            "already": number,
            "decided": 0,
            "rejected": {},
        }
    assert [clip.path.exists() for clip in read_corpus(folder, LABELS).clips] == [True, True]


def test_two_files_that_differ_only_in_how_an_accent_is_written_stay_two(run, tmp_path):
    folder = folder_of(tmp_path / "voices", NFC, NFD)
    write(folder, "file_name,label,speaker", f"{NFC},sad,Ana", f"{NFD},happy,Eva")
    assert run("import_corpus", folder)[0]["added"] == 2
    assert run("import_corpus", folder)[0]["already"] == 2


@pytest.mark.parametrize(
    "name",
    ["..\\secret.wav", "a\\..\\..\\secret.wav", "C:\\voices\\uno.wav", "\\\\host\\uno.wav", "\\uno.wav"],
)
def test_backslashes_lead_out_of_no_folder(run, tmp_path, name):
    folder_of(tmp_path, "secret.wav")
    folder = write(folder_of(tmp_path / "voices", "a/uno.wav"), "file_name,label,speaker", f"{name},sad,Ana")
    summary, status = run("import_corpus", folder)
    assert (summary["added"], summary["rejected"], status) == (0, {"bad_file_name": 1}, 1)
    with pytest.raises(CorpusRefused, match="bad_file_name"):
        read_corpus(folder, LABELS)


def test_a_name_that_is_too_long_for_any_file_is_missing(run, tmp_path):
    folder = write(folder_of(tmp_path / "voices", "uno.wav"), "file_name,label", f"{'ñ' * 250}.wav,sad")
    assert run("import_corpus", folder)[0]["rejected"] == {"missing_file": 1}


def test_one_voice_is_one_voice_however_its_name_is_written(tmp_path):
    folder = folder_of(tmp_path / "voices", "uno.wav", "dos.wav")
    names = [normalize(form, "Zoë") for form in ("NFC", "NFD")]
    write(
        folder,
        "file_name,label,speaker,split",
        f"uno.wav,sad,{names[0]},train",
        f"dos.wav,sad,{names[1]},test",
    )
    with pytest.raises(CorpusRefused, match="speaker_in_two_splits"):
        read_corpus(folder, LABELS)
    with pytest.raises(CommandError, match="speaker_in_two_splits"):
        call_command("import_corpus", str(folder))


def test_labels_are_renamed_however_their_accents_are_written(run, tmp_path):
    folder = write(folder_of(tmp_path / "voices", "uno.wav"), "file_name,label", "uno.wav,alegría")
    assert run("import_corpus", folder, "--map", normalize("NFD", "alegría=happy"))[0]["added"] == 1


def test_soft_labels_with_a_comma_before_decimals(tmp_path):
    folder = folder_of(tmp_path / "voices", "uno.wav")
    lines = ["file_name;label;soft_label_sad;soft_label_angry;duration_s", "uno.wav;sad;0,75;0,25;2,5"]
    (clip,) = read_corpus(write(folder, *lines), LABELS).clips
    assert np.allclose(clip.votes, [0, 0, 0.75, 0.25, 0, 0])
    assert clip.duration_s == 2.5


@pytest.mark.parametrize("command", ["describe_corpus"])
def test_corpora_to_train_with_stay_in_their_folder_too(tmp_path, command):
    folder_of(tmp_path, "secret.wav")
    folder = write(folder_of(tmp_path / "voices", "uno.wav"), "file_name,label", "linked.wav,sad")
    (folder / "linked.wav").symlink_to(tmp_path / "secret.wav")
    with pytest.raises(CommandError, match="link_outside"):
        call_command(command, str(folder))
    call_command(command, str(folder), "--follow-links")
