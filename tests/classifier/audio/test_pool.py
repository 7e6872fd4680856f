"""Decoder processes die, hang and reply with nonsense; the server that owns them goes on."""

import os
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import psutil
import pytest

from classifier.audio.exceptions import AudioRejected, DecoderBusy, Rejection
from classifier.audio.limits import MIB, Limits
from classifier.audio.quarantine import framing, process
from tests.classifier.audio.formats import make_audio
from tests.classifier.audio.processes import is_running
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

SECOND = make_audio("wav-s16")


def test_a_decoded_clip_has_all_its_parts(pool):
    decoded = pool.decode(SECOND)
    assert decoded.waveform.shape == (16_000,)
    assert decoded.waveform.dtype == np.float32
    assert decoded.flac[:4] == b"fLaC"
    assert len(decoded.checksum) == 64
    assert len(decoded.peaks) == 800
    assert decoded.quality.duration_s == 1.0


def test_the_waveform_arrives_before_the_rest(pool):
    with pool.job(SECOND) as job:
        waveform = job.waveform()
        assert job.waveform() is waveform
        assert job.decoded().waveform is waveform


def test_what_cannot_be_decoded_has_no_waveform(pool):
    with pytest.raises(AudioRejected), pool.job(SECOND[:1000]) as job:
        job.waveform()
    assert pool.decode(SECOND).quality.duration_s == 1.0


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_whoever_gives_up_in_the_middle_leaves_no_reply_to_the_next(new_pool, failure):
    """Whatever it was; an error of other work that began with the waveform is no fault of the decoder."""
    pool = new_pool()
    with pytest.raises(failure), pool.job(SECOND) as job:
        job.waveform()
        raise failure
    assert pool.pids == []
    longer = make_audio("wav-s16", seconds=2.0)
    assert pool.decode(longer).quality.duration_s == 2.0


def test_a_process_is_kept_for_the_next_upload(new_pool):
    pool = new_pool()
    pool.decode(SECOND)
    first = pool.pids
    pool.decode(SECOND)
    assert pool.pids == first


def test_processes_start_when_they_are_needed_or_ahead_of_time(new_pool):
    lazy, warm = new_pool(processes=2), new_pool(processes=2)
    warm.start()
    assert lazy.pids == []
    assert len(warm.pids) == 1


def test_a_spare_process_helps_when_the_first_is_stuck(new_pool):
    pool = new_pool(processes=2)
    pool.start()
    (stuck,) = pool.pids
    os.kill(stuck, signal.SIGSTOP)
    with pool.job(SECOND) as waiting:
        assert pool.decode(SECOND).quality.duration_s == 1.0
        assert len(pool.pids) == 2
        os.kill(stuck, signal.SIGCONT)
        assert waiting.decoded().quality.duration_s == 1.0


def test_short_uploads_at_once_need_no_spare_process(new_pool):
    pool = new_pool(processes=2)
    pool.decode(SECOND)
    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(pool.decode, [SECOND] * 8))) == 8
    assert len(pool.pids) == 1


def test_a_process_that_dies_between_uploads_is_replaced_unnoticed(new_pool):
    pool = new_pool()
    pool.start()
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_running(pid))
    assert pool.decode(SECOND).quality.duration_s == 1.0
    assert pool.pids != [pid]


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_process_that_dies_at_work_costs_only_that_upload(new_pool, death):
    pool = new_pool()
    pool.decode(SECOND)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.2, lambda: (os.kill(pid, death), os.kill(pid, signal.SIGCONT))).start()
    with pytest.raises(AudioRejected) as caught:
        pool.decode(SECOND)
    assert caught.value.code == Rejection.DECODER_CRASHED
    assert not is_running(pid)
    assert pool.decode(SECOND).quality.duration_s == 1.0


@pytest.mark.parametrize("size", [1.0, 200.0])
def test_a_process_that_hangs_is_killed_in_time(new_pool, size):
    """Also with an upload that does not fit into the pipe, so that sending it hangs too."""
    # Long enough for a new process to start on a busy machine.
    pool = new_pool(replace(Limits(), wall_seconds=4.0))
    pool.decode(SECOND)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    with pytest.raises(AudioRejected) as caught:
        pool.decode(make_audio("wav-s16", seconds=size))
    assert caught.value.code == Rejection.DECODER_TIMEOUT
    assert time.monotonic() - started < 12
    assert not is_running(pid)
    assert pool.decode(SECOND).quality.duration_s == 1.0


def test_using_up_the_processor_time_is_a_timeout(new_pool):
    pool = new_pool()
    pool.decode(SECOND)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.2, lambda: (os.kill(pid, signal.SIGXCPU), os.kill(pid, signal.SIGCONT))).start()
    with pytest.raises(AudioRejected) as caught:
        pool.decode(SECOND)
    assert caught.value.code == Rejection.DECODER_TIMEOUT


def test_a_process_that_needs_too_much_memory_costs_only_that_upload(new_pool):
    pool = new_pool(replace(Limits(), memory_bytes=300 * MIB))
    with pytest.raises(AudioRejected) as caught:
        pool.decode(make_audio("wav-s16", wave=np.zeros(600 * 16_000)))
    assert caught.value.code in (Rejection.DECODER_CRASHED, Rejection.DAMAGED)
    assert pool.decode(SECOND).quality.duration_s == 1.0


@pytest.mark.parametrize(
    "reply",
    [
        b"Segmentation fault, says a library.\n" * 10,
        framing.pack({"what": "ever"}),
        framing.pack({"code": "no such code", "params": {}}),
        framing.PREFIX.pack(framing.MAGIC, 1 << 31, 0),
        framing.PREFIX.pack(framing.MAGIC, 5, 0) + b"[1,2]",
        framing.PREFIX.pack(framing.MAGIC, 5, 0) + b"{{{{{",
        framing.pack({"samples": 9}, b"short"),
        framing.pack({"samples": 4}, bytes(8)) + framing.pack({"checksum": "", "quality": {}, "peaks": []}),
        framing.pack({"samples": 4}, bytes(8)),
        framing.pack({"samples": 9}, b"cut")[:-2],
        b"",
    ],
)
def test_a_reply_that_is_none_ends_the_process(new_pool, tmp_path, monkeypatch, reply):
    module = tmp_path / "classifier" / "audio" / "quarantine" / "worker.py"
    module.parent.mkdir(parents=True)
    # Without these a `classifier` that is installed would be found first.
    for package in list(module.parents)[:3]:
        (package / "__init__.py").touch()
    module.write_text(f"import sys\nsys.stdout.buffer.write({reply!r})\n")
    monkeypatch.setattr(process, "PROJECT_ROOT", tmp_path)
    pool = new_pool()
    with pytest.raises(AudioRejected) as caught:
        pool.decode(SECOND)
    assert caught.value.code == Rejection.DECODER_CRASHED
    assert pool.pids == []
    monkeypatch.undo()
    assert pool.decode(SECOND).quality.duration_s == 1.0


def test_a_process_is_renewed_after_many_uploads(new_pool, monkeypatch):
    monkeypatch.setattr(process, "MAX_JOBS", 3)
    monkeypatch.setattr(process, "JOBS_AHEAD", 1)
    pool = new_pool()
    seen = []
    for _ in range(7):
        pool.start()
        seen += pool.pids
        pool.decode(SECOND)
    assert len(set(seen)) == 3
    wait_until(lambda: [is_running(pid) for pid in dict.fromkeys(seen)] == [False, False, True])


def test_nobody_waits_for_the_process_that_leaves(new_pool, monkeypatch):
    monkeypatch.setattr(process, "MAX_JOBS", 2)
    monkeypatch.setattr(process, "JOBS_AHEAD", 1)
    wait, waiting = subprocess.Popen.wait, []

    def note_who_waits(process, timeout=None):
        waiting.append(threading.current_thread())
        return wait(process, timeout)

    pool = new_pool()
    monkeypatch.setattr(subprocess.Popen, "wait", note_who_waits)
    for _ in range(2):
        pool.decode(SECOND)
    wait_until(lambda: waiting)
    assert threading.current_thread() not in waiting


def test_the_next_process_is_started_before_it_is_needed(new_pool, monkeypatch):
    monkeypatch.setattr(process, "MAX_JOBS", 3)
    monkeypatch.setattr(process, "JOBS_AHEAD", 1)
    others = decoders()
    pool = new_pool()
    for _ in range(2):
        pool.decode(SECOND)
    (pid,) = pool.pids
    wait_until(lambda: len(decoders() - others) == 2)
    workers = decoders() - others
    assert pid in workers
    pool.decode(SECOND)
    assert set(pool.pids) == workers - {pid}
    wait_until(lambda: decoders() - others == workers - {pid})
    pool.decode(SECOND)
    pool.close()
    assert decoders() <= others


def decoders() -> set[int]:
    """Children of this process that decode."""
    return {child.pid for child in psutil.Process().children() if decodes(child)}


def decodes(child: psutil.Process) -> bool:
    try:
        return "classifier.audio.quarantine.worker" in child.cmdline()
    except psutil.NoSuchProcess:  # it ended a moment ago
        return False


def test_callers_wait_for_a_bounded_time_only(new_pool):
    pool = new_pool(max_wait_seconds=0.3)
    with pool.job(SECOND) as first:
        with pytest.raises(DecoderBusy):
            pool.decode(SECOND)
        assert first.decoded().quality.duration_s == 1.0


def test_many_threads_get_each_their_own_reply(pool):
    seconds = [0.4 + 0.1 * i for i in range(16)]
    with ThreadPoolExecutor(8) as threads:
        decoded = threads.map(pool.decode, [make_audio("flac", seconds=s) for s in seconds])
    assert [d.quality.duration_s for d in decoded] == pytest.approx(seconds, abs=0.001)


def test_closing_ends_every_process_even_one_at_work(new_pool, monkeypatch):
    for module in ("pool", "process"):
        monkeypatch.setattr(f"classifier.audio.quarantine.{module}.STOP_SECONDS", 0.3)
    pool = new_pool(processes=2)
    pool.start()
    (first,) = pool.pids
    os.kill(first, signal.SIGSTOP)
    with pool.job(SECOND) as job, ThreadPoolExecutor() as threads:
        waiting = threads.submit(job.decoded)
        assert pool.decode(SECOND).quality.duration_s == 1.0
        pids = pool.pids
        assert len(pids) == 2
        pool.close()
        with pytest.raises(AudioRejected):
            waiting.result(timeout=5)
    assert not any(is_running(pid) for pid in pids)


def test_a_closed_pool_starts_again_when_it_is_used(new_pool):
    pool = new_pool()
    pool.decode(SECOND)
    pool.close()
    assert pool.pids == []
    assert pool.decode(SECOND).quality.duration_s == 1.0
