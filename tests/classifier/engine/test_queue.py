import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from classifier.engine.exceptions import QueueFull
from classifier.engine.queue import InferenceQueue


def fill(queue: InferenceQueue, gate: threading.Event, threads: ThreadPoolExecutor, count: int) -> list:
    """Start ``count`` turns of 3 s clips that end when the gate opens."""
    lock, started = threading.Lock(), []

    def hold(number: int) -> int:
        with queue.turn(duration_s=3.0):
            with lock:
                started.append(number)
            assert gate.wait(10)
        return number

    futures = []
    for number in range(count):
        before = queue.expected_seconds(0)
        futures.append(threads.submit(hold, number))
        while queue.expected_seconds(0) == before:
            time.sleep(0.001)
    return [futures, started]


def test_full_queue_refuses_at_once_and_recovers():
    queue, gate = InferenceQueue(capacity=64, concurrency=2), threading.Event()
    with ThreadPoolExecutor(66) as threads:
        futures, _ = fill(queue, gate, threads, 66)
        begun = time.monotonic()
        with pytest.raises(QueueFull) as refused, queue.turn(duration_s=3.0):
            pytest.fail("the queue is full")
        with pytest.raises(QueueFull):
            queue.require_room()
        assert time.monotonic() - begun < 0.5
        # 66 clips of 3 s, two at a time, at 0.1 s per second of audio.
        assert refused.value.retry_after_s == 10
        gate.set()
        assert sorted(future.result() for future in futures) == list(range(66))
    queue.require_room()
    assert queue.expected_seconds(0) == 0


def test_no_more_than_allowed_run_at_once_and_in_their_order():
    queue, gate = InferenceQueue(capacity=10, concurrency=1), threading.Event()
    with ThreadPoolExecutor(8) as threads:
        futures, started = fill(queue, gate, threads, 8)
        assert started == [0]
        gate.set()
        assert [future.result() for future in futures] == list(range(8))
    assert started == list(range(8))


def test_turn_that_fails_gives_way():
    queue = InferenceQueue(concurrency=1)
    with pytest.raises(ValueError, match="damaged"), queue.turn(duration_s=1.0):
        raise ValueError("damaged")
    with queue.turn(duration_s=1.0):
        pass
    assert queue.expected_seconds(0) == 0


def test_interrupted_waiting_blocks_nobody(monkeypatch):
    queue = InferenceQueue(concurrency=1)

    def interrupted(_condition, _predicate, timeout=None):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Condition, "wait_for", interrupted)
        with pytest.raises(KeyboardInterrupt), queue.turn(duration_s=1.0):
            pytest.fail("never its turn")
    with queue.turn(duration_s=1.0):
        pass


def test_estimate_grows_with_the_backlog_and_counts_overlapping_windows():
    queue = InferenceQueue(concurrency=2)
    queue.expect(0.01)
    assert queue.expected_seconds(4.0) == pytest.approx(0.04)
    assert queue.expected_seconds(600.0) == pytest.approx(239 * 5 * 0.01)
    with queue.turn(duration_s=5.0):
        assert queue.expected_seconds(4.0) == pytest.approx((5.0 / 2 + 4.0) * 0.01)


def test_estimate_follows_what_is_measured():
    queue = InferenceQueue()
    queue.expect(10.0)
    for _ in range(40):
        with queue.turn(duration_s=1.0):
            time.sleep(0.002)
    assert 0.002 < queue.expected_seconds(1.0) < 0.05
