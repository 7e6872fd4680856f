"""Files that other machines write: each is the voice it was made of, whatever its header says."""

import pytest

from classifier.audio.exceptions import AudioRejected
from tests.classifier.audio.voice import (
    ALIKE,
    ALIKE_BY_TELEPHONE,
    CASES,
    SHARED_CASES,
    assert_is_the_voice,
    case,
)

TWICE = {"chained-vorbis-rates.ogg", "chained-opus-channels.ogg", "joined.wav"}
TELEPHONE = {"gsm610.wav", "ima-adpcm.wav", "ms-adpcm.wav", "g722.wav", "g726.wav", "mulaw.au"}
# Named in the refusal instead.
NOT_READ = {"dictation.wma": "Windows Media"}
SHARED = sorted(path for path in SHARED_CASES.glob("*.*") if path.suffix not in {".csv", ".md"})


def assert_is_right(name: str, data: bytes, pool) -> None:
    if name in NOT_READ:
        with pytest.raises(AudioRejected) as refused:
            pool.decode(data)
        assert NOT_READ[name] in refused.value.params["format"]
        return
    least = ALIKE_BY_TELEPHONE if name in TELEPHONE else ALIKE
    assert_is_the_voice(pool.decode(data), times=2 if name in TWICE else 1, least=least)


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_each_kind_of_file_is_the_voice(name, pool):
    assert_is_right(name, case(name), pool)


@pytest.mark.skipif(not SHARED, reason="the shared cases are not at hand")
@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_each_shared_case_is_the_voice(path, pool):
    assert_is_right(path.name, path.read_bytes(), pool)
