import logging
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from classifier.inference.exceptions import NoActiveVersion
from classifier.inference.hot_reload import ActiveEngine, VersionPointer
from classifier.inference.session import Engine
from classifier.inference.version_folder import folder_checksum
from tests.waiting import wait_until


class Registry:
    """Stands for the table of model versions: says which one is active."""

    def __init__(self) -> None:
        self.active: VersionPointer | None = None
        self.broken = False

    def __call__(self) -> VersionPointer | None:
        if self.broken:
            raise ConnectionError("no database")
        return self.active

    def activate(self, version_id: int, folder) -> None:
        self.active = VersionPointer(version_id, version_id, folder, folder_checksum(folder))


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def active_engine(registry):
    serving = ActiveEngine(registry, threads=1, check_every_s=0.02)
    yield serving
    serving.stop()


def errors(caplog) -> list:
    return [record.args for record in caplog.records if record.levelno == logging.ERROR]


def wait_for(serving: ActiveEngine, version_id: int) -> None:
    wait_until(lambda: serving.current().version_id == version_id, within_s=5)


def test_without_a_version_there_is_no_engine_until_one_is_activated(active_engine, registry, made_versions):
    with pytest.raises(NoActiveVersion):
        active_engine.current()
    registry.activate(1, made_versions[0])
    assert active_engine.current().version_id == 1


def test_ten_swaps_under_twenty_threads_mix_no_answers(active_engine, registry, made_versions, voice):
    expected = [Engine.load(folder, threads=1).predict(voice).scores for folder in made_versions]
    assert expected[0] != expected[1]
    registry.activate(0, made_versions[0])
    wait_for(active_engine, 0)
    seen: set[int] = {0}

    def keep_asking(_thread: int) -> None:
        until = time.monotonic() + 60
        while 10 not in seen:
            loaded = active_engine.current()
            assert loaded.engine.predict(voice).scores == expected[loaded.version_id % 2]
            seen.add(loaded.version_id)
            assert time.monotonic() < until, seen

    with ThreadPoolExecutor(20) as threads:
        asking = [threads.submit(keep_asking, number) for number in range(20)]
        for version_id in range(1, 11):
            registry.activate(version_id, made_versions[version_id % 2])
            wait_for(active_engine, version_id)
        assert [future.result() for future in asking] == [None] * 20


def test_bad_version_keeps_the_old_one_and_is_logged_once(
    active_engine, registry, made_versions, version_folder, caplog
):
    registry.activate(1, made_versions[0])
    old = active_engine.current()
    (version_folder / "model.onnx").write_bytes(b"damaged")
    registry.activate(2, version_folder)
    for _ in range(3):
        active_engine.refresh()
    assert active_engine.current() is old
    assert errors(caplog) == [(2,)]
    registry.activate(3, made_versions[1])
    wait_for(active_engine, 3)


def test_version_that_was_mended_is_tried_again(registry, made_versions, version_folder, monkeypatch):
    monkeypatch.setattr("classifier.inference.hot_reload.RETRY_AFTER_S", 0.0)
    registry.activate(1, version_folder)
    good = (version_folder / "model.onnx").read_bytes()
    (version_folder / "model.onnx").write_bytes(b"damaged")
    serving = ActiveEngine(registry, threads=1)
    serving.refresh()
    (version_folder / "model.onnx").write_bytes(good)
    serving.refresh()
    assert serving.current().version_id == 1
    serving.stop()


def test_database_that_is_away_for_a_moment_does_no_harm(active_engine, registry, made_versions, caplog):
    registry.activate(1, made_versions[0])
    old = active_engine.current()
    registry.broken = True
    for _ in range(3):
        active_engine.refresh()
    assert active_engine.current() is old
    assert len(errors(caplog)) == 1
    registry.broken = False
    registry.activate(2, made_versions[1])
    wait_for(active_engine, 2)


def test_swap_is_told_before_it_shows(registry, made_versions):
    told = []
    serving = ActiveEngine(registry, threads=1, on_swap=told.append)
    registry.activate(1, made_versions[0])
    assert told == [] and serving.current() is told[0]
    assert told[0].engine.model_seconds_per_second > 0
    serving.stop()


def test_hot_load_takes_the_cores_for_no_more_than_a_second_of_sound(registry, made_versions, monkeypatch):
    lengths, logits = [], Engine.logits

    def note_length(engine, window):
        lengths.append(len(window))
        return logits(engine, window)

    monkeypatch.setattr(Engine, "logits", note_length)
    serving = ActiveEngine(registry, threads=1)
    registry.activate(1, made_versions[0])
    serving.refresh()
    assert len(lengths) == 2 and max(lengths) == 16_000


def test_replaced_model_leaves_memory(active_engine, registry, made_versions, monkeypatch):
    returned = threading.Event()
    monkeypatch.setattr("classifier.inference.hot_reload.return_freed_memory", returned.set)
    registry.activate(1, made_versions[0])
    held = active_engine.current()
    old = weakref.ref(held.engine)
    registry.activate(2, made_versions[1])
    wait_for(active_engine, 2)
    assert not returned.wait(0.1), "a prediction may still run on the old engine"
    del held
    assert returned.wait(5)
    assert old() is None
