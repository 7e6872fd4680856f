"""What is written beside its place and renamed is whole or not there."""

import pytest

from emotion_site.storage.atomic_write import new_folder, replacing_file, write_text


@pytest.mark.parametrize("private", [False, True])
def test_file_is_replaced_when_it_is_whole(tmp_path, private):
    path = tmp_path / "index.json"
    path.write_text("old")
    with replacing_file(path, private=private) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("private", [False, True])
def test_failed_file_leaves_the_old_one_alone(tmp_path, private):
    path = tmp_path / "index.json"
    write_text(path, "old")
    with pytest.raises(OSError, match="full"), replacing_file(path, private=private) as partial:
        partial.write_text("half")
        raise OSError("full")
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_two_processes_may_write_a_private_file_at_once(tmp_path):
    path = tmp_path / "samples.pcm"
    with replacing_file(path, private=True) as one, replacing_file(path, private=True) as other:
        assert one != other
        assert (one.stat().st_mode & 0o777, other.stat().st_mode & 0o777) == (0o600, 0o600)


@pytest.mark.parametrize("private", [False, True])
def test_folder_comes_to_its_place_when_it_is_whole(tmp_path, private):
    path = tmp_path / "1"
    with new_folder(path, private=private) as partial:
        (partial / "file").write_text("x")
        assert not path.exists()
    assert (path / "file").read_text() == "x" and list(tmp_path.iterdir()) == [path]


def test_folder_replaces_another_only_when_asked_to(tmp_path):
    path = tmp_path / "1"
    (path / "old").mkdir(parents=True)
    with pytest.raises(OSError), new_folder(path):  # the system says it in its own words
        pass
    assert (path / "old").is_dir()
    with new_folder(path, replace=True) as partial:
        (partial / "new").mkdir()
    assert [each.name for each in path.iterdir()] == ["new"]


def test_what_a_killed_process_left_is_written_over(tmp_path):
    (tmp_path / ".1.part" / "half").mkdir(parents=True)
    with new_folder(tmp_path / "1"):
        pass
    assert list(tmp_path.iterdir()) == [tmp_path / "1"] and list((tmp_path / "1").iterdir()) == []
