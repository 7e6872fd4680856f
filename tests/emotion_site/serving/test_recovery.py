"""One registry of what a crash may strand, gone through by the housekeeper."""

import pytest

from emotion_site.serving import housekeeper, recovery
from emotion_site.serving.recovery import Stranded, recover, recover_stranded


@pytest.fixture
def kinds(monkeypatch) -> dict[str, Stranded]:
    empty: dict[str, Stranded] = {}
    monkeypatch.setattr(recovery, "registered", empty)
    return empty


def test_every_app_registers_what_may_be_stranded():
    tasks_first, *others = recovery.registered
    assert tasks_first == "tasks"
    assert {"clips", "exports", "snapshots", "training runs", "prediction jobs", "erased clips"} <= {*others}


def test_what_goes_on_is_counted_and_what_was_given_up_is_told(caplog):
    kind = Stranded("rows", find=lambda: [1, 2, 3], recover=lambda row: row != 3)
    assert recover(kind) == 2
    assert "Gave up stranded rows count=1" in caplog.text


@pytest.mark.django_db
def test_a_kind_that_fails_does_not_keep_the_next_from_its_turn(kinds, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    recovered = []

    def fail() -> list[int]:
        raise OSError("the disk is away")

    recovery.register(Stranded("broken", find=fail, recover=bool))
    recovery.register(Stranded("whole", find=lambda: [7], recover=lambda row: not recovered.append(row)))
    recover_stranded()
    assert recovered == [7]
    housekeeper.look_after_site()
    assert recovered == [7, 7]
