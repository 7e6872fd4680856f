import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from threading import Semaphore

import pytest

from classifier.inference.exceptions import QueueFull
from classifier.inference.inference_queue import InferenceQueue
from tests.waiting import wait_until


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the latest at the end of the test, so that no thread waits for ever."""
    event = threading.Event()
    yield event
    event.set()


def fill(queue: InferenceQueue, gate: threading.Event, count: int) -> tuple[list[Future[int]], list[int]]:
    """Ask for ``count`` predictions of 3 s clips that end when the gate opens; and which have begun."""
    begun: list[int] = []

    def hold(number: int) -> int:
        begun.append(number)
        assert gate.wait(10)
        return number

    def ask(number: int) -> Future[int]:
        return queue.submit(lambda: hold(number), duration_s=3.0)

    return [ask(number) for number in range(count)], begun


def test_full_queue_refuses_at_once_and_recovers(gate):
    queue = InferenceQueue(capacity=64, concurrency=2)
    futures, _begun = fill(queue, gate, 66)
    begin = time.monotonic()
    with pytest.raises(QueueFull) as refused:
        queue.submit(lambda: pytest.fail("the queue is full"), duration_s=3.0)
    with pytest.raises(QueueFull):
        queue.require_room()
    assert time.monotonic() - begin < 0.5
    # 66 clips of 3 s, two at a time, at 0.1 s per second of audio.
    assert refused.value.retry_after_s == 10
    gate.set()
    assert [future.result(10) for future in futures] == list(range(66))
    queue.require_room()
    assert queue.expected_seconds(0) == 0


@pytest.mark.parametrize("concurrency", [1, 2])
def test_no_more_than_allowed_run_at_once_and_in_their_order(concurrency):
    queue, begun, ends = InferenceQueue(capacity=10, concurrency=concurrency), [], Semaphore(0)

    def work(number: int) -> int:
        begun.append(number)
        assert ends.acquire(timeout=10)
        return number

    futures = [queue.submit(partial(work, number), duration_s=3.0) for number in range(8)]
    for done in range(8 - concurrency + 1):
        wait_until(lambda done=done: len(begun) >= done + concurrency)
        assert sorted(begun) == list(range(done + concurrency)), "one begins when one ends"
        ends.release()
    ends.release(concurrency)
    assert [future.result(10) for future in futures] == list(range(8))
    if concurrency == 1:
        assert begun == list(range(8))


def test_prediction_that_fails_gives_way():
    queue = InferenceQueue(capacity=0, concurrency=1)

    def fail() -> None:
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        queue.submit(fail, duration_s=1.0).result(10)
    assert queue.submit(lambda: "next", duration_s=1.0).result(10) == "next"
    assert queue.expected_seconds(0) == 0


def test_who_no_longer_waits_blocks_nobody(gate):
    queue = InferenceQueue(concurrency=1)
    [late], _begun = fill(queue, gate, 1)
    with pytest.raises(TimeoutError):
        late.result(0.05)
    gate.set()
    assert queue.submit(lambda: "next", duration_s=1.0).result(10) == "next"


def test_estimate_grows_with_the_backlog_and_counts_overlapping_windows(gate):
    queue = InferenceQueue(concurrency=2)
    queue.expect(0.01)
    assert queue.expected_seconds(4.0) == pytest.approx(0.04)
    assert queue.expected_seconds(600.0) == pytest.approx(239 * 5 * 0.01)
    queue.submit(lambda: gate.wait(10), duration_s=5.0)
    assert queue.expected_seconds(4.0) == pytest.approx((5.0 / 2 + 4.0) * 0.01)


def test_estimate_follows_what_is_measured():
    queue = InferenceQueue()
    queue.expect(10.0)
    for _ in range(40):
        queue.submit(lambda: time.sleep(0.002), duration_s=1.0).result(10)
    assert 0.002 < queue.expected_seconds(1.0) < 0.05


def test_people_take_turns(gate):
    queue = InferenceQueue(concurrency=1)
    order: list[str] = []

    def note(name: str) -> Callable[[], None]:
        return lambda: order.append(name)

    first = queue.submit(lambda: gate.wait(10), duration_s=3.0, person="a")
    names = ["a1", "a2", "a3", "b1", "c1"]
    answers = [queue.submit(note(name), duration_s=3.0, person=name[0]) for name in names]
    gate.set()
    for answer in [first, *answers]:
        answer.result(10)
    assert order == ["a1", "b1", "c1", "a2", "a3"]


def test_who_comes_anew_is_not_told_to_wait_for_all_that_another_sent(gate):
    queue = InferenceQueue(concurrency=1)
    queue.expect(0.1)
    for _clip in range(20):
        queue.submit(lambda: gate.wait(10), duration_s=5.0, person="a")
    # One runs, and one of the other person's is ahead.
    assert queue.expected_seconds(5.0, "b") == pytest.approx((5.0 + 5.0 + 5.0) * 0.1)
    assert queue.expected_seconds(5.0, "a") == pytest.approx((20 * 5.0 + 5.0) * 0.1)
