"""Hundreds of damaged files of every format: each is decoded or refused, and the decoders go on."""

import time

import numpy as np
import pytest

from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.quarantine.decoding_job import Decoded
from tests.classifier.audio.formats import RECIPES, RECORDERS, make_audio
from tests.classifier.audio.speech import speech

pytestmark = pytest.mark.slow

N_FILES = 800
OURS = {Rejection.DECODER_CRASHED, Rejection.DECODER_TIMEOUT}


def mutate(data: bytes, rng: np.random.Generator, others: list[bytes]) -> bytes:
    """A file with flipped bits, a hole, a cut, a repeated part, extreme numbers or a part of another file."""
    damaged = np.frombuffer(data, np.uint8).copy()
    # Half of the damage goes to the first bytes, where the headers are.
    reach = min(damaged.size, 200) if rng.random() < 0.5 else damaged.size
    at, length = int(rng.integers(reach)), int(rng.integers(1, 64))
    match rng.integers(7):
        case 0:
            where = rng.integers(reach, size=rng.integers(1, 20))
            damaged[where] ^= 1 << rng.integers(8, size=where.size, dtype=np.uint8)
        case 1:
            damaged[at : at + length] = rng.integers(256, size=damaged[at : at + length].size)
        case 2:
            damaged[at : at + 4] = rng.choice([0, 0x7F, 0x80, 0xFF])
        case 3:
            return data[: rng.integers(1, len(data))]
        case 4:
            return data[:at] + data[at + length :]
        case 5:
            return data[:at] + data[at : at + length] * 3 + data[at:]
        case _:
            other = others[rng.integers(len(others))]
            return data[:at] + other[rng.integers(len(other)) :]
    return damaged.tobytes()


@pytest.mark.timeout(60)
def test_no_damaged_file_stops_the_pool(pool):
    rng = np.random.default_rng(2026)
    originals = [
        make_audio(kind, wave=speech(0.8, recipe.rate), channels=recipe.channels)
        for kind, recipe in (RECIPES | RECORDERS).items()
    ]
    started = time.monotonic()
    outcomes: list[str] = []
    for i in range(N_FILES):
        damaged = mutate(originals[i % len(originals)], rng, originals)
        try:
            decoded = pool.decode(damaged)
        except AudioRejected as rejected:
            outcomes.append(rejected.code)
        else:
            assert isinstance(decoded, Decoded)
            assert np.isfinite(decoded.waveform).all()
            assert np.abs(decoded.waveform).max() <= 1
            outcomes.append("decoded")
    assert time.monotonic() - started < 40
    assert pool.decode(originals[0]).quality.duration_s == pytest.approx(0.8)
    assert len(outcomes) == N_FILES
    # Both ways out are well travelled, and a crash of libav is an exception.
    assert 80 < outcomes.count("decoded") < 720
    assert sum(code in OURS for code in outcomes) <= 5
