"""The decoder process, `python -m classifier.audio.quarantine.worker LIMITS`, started by `process`.

Takes one upload after the other from stdin and replies on stdout. A file that makes libav crash, loop or eat
memory ends this process and nothing else; it also ends by itself when the server that started it is gone.
"""

import json
import os
import resource
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import BinaryIO

import numpy as np

from classifier.audio.decoding.decoder import DecodedSound, decode
from classifier.audio.exceptions import AudioRejected
from classifier.audio.flac import encode_flac
from classifier.audio.limits import Limits
from classifier.audio.quality import measure_quality
from classifier.audio.quarantine import framing
from classifier.audio.quarantine.sandbox import Layers, enter_sandbox
from classifier.audio.spectrogram import peaks
from classifier.audio.waveform import SAMPLE_RATE, checksum, to_pcm, to_waveform

MAX_OPEN_FILES = 16
# Given after the limits: report which layers of the sandbox are in force, and end.
REPORT_ONLY = "--report-sandbox"
# The prediction that is made meanwhile goes before measuring and packing.
NICENESS = 10


def main() -> None:
    """Reply until stdin is closed."""
    # Ctrl-C reaches the whole group of processes; the server ends this one in its own time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limits = Limits(**json.loads(sys.argv[1]))
    # Found out by writing a file, which nobody may any more once the limits stand.
    tempfile.gettempdir()
    requests, replies = _take_over_pipes()
    layers = confine(limits)
    if REPORT_ONLY in sys.argv[2:]:
        replies.write(json.dumps(layers).encode())
        replies.close()
        return
    while _serve_one(requests, replies, limits):
        pass


def _serve_one(requests: BinaryIO, replies: BinaryIO, limits: Limits) -> bool:
    # A function of its own, so that a long recording is not held in memory while waiting for the next.
    message = framing.read_message(requests)
    if message is None:
        return False
    _allow_cpu_seconds(limits.cpu_seconds)
    replies_wanted = 1 if message[0].get(framing.WAVEFORM_ONLY) else None
    for reply in islice(replies_to(message[1], limits), replies_wanted):
        replies.write(reply)
        replies.flush()
    return True


def replies_to(data: bytes, limits: Limits) -> Iterator[bytes]:
    """The replies to one upload: why it is rejected, or its samples (int16), then the rest.

    The model can predict while the rest is still on its way.
    """
    try:
        sound = decode(data, limits)
    except AudioRejected as rejected:
        yield framing.pack({"code": rejected.code, "params": rejected.params})
        return
    yield framing.pack({"samples": sound.waveform.size}, to_pcm(sound.waveform).tobytes())
    yield _background().submit(_rest, sound).result()


def _rest(sound: DecodedSound) -> bytes:
    waveform = sound.waveform
    header = {
        "checksum": checksum(waveform),
        "quality": measure_quality(waveform, sound.doubts).as_dict(),
        "peaks": peaks(waveform),
    }
    return framing.pack(header, encode_flac(waveform))


@cache
def _background() -> ThreadPoolExecutor:
    """A thread of lower priority; a whole process could not raise its priority again for the next job."""

    def lower_priority() -> None:
        # Only root may raise a priority, so a process that was started with a low one keeps it.
        niceness = max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)

    return ThreadPoolExecutor(1, initializer=lower_priority)


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdin and stdout for messages: whatever a library prints from now on goes to stderr."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return requests, replies


def confine(limits: Limits) -> Layers:
    """Hold this process to its `limits`, and let it reach nothing but its pipes."""
    for what, amount in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        # Of a process that trains and has started this one comes a limit that is not meant for this one.
        (resource.RLIMIT_DATA, limits.memory_bytes),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(what)
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(what, (amount, amount))
    _warm_up()
    return enter_sandbox(lambda: _background().submit(int).result())


def _warm_up() -> None:
    """Decode once, because some libraries load a part of theirs when they are first used."""
    waveform = to_waveform(to_pcm(np.sin(np.arange(SAMPLE_RATE) / 10)))
    _rest(DecodedSound(waveform))
    with suppress(AudioRejected):
        decode(encode_flac(waveform), Limits())


def _allow_cpu_seconds(seconds: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
