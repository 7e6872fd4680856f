"""What players get: the stored samples as WAV, any part of it."""

import asyncio
import io
import logging
from uuid import uuid4

import numpy as np
import pytest
import soundfile
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from classifier.audio.flac import encode_flac
from classifier.audio.wav import WavReader
from classifier.audio.waveform import to_waveform
from classifier.models import Clip
from emotion_site.web.files import ranges
from tests.factories import ClipFactory

PCM = np.random.default_rng(0).integers(-32_768, 32_768, 20_000, dtype=np.int16)


@pytest.fixture(scope="module")
def flac() -> bytes:
    return encode_flac(to_waveform(PCM))


@pytest.fixture
def clip(speaker, flac) -> Clip:
    name = default_storage.save(f"aa/{uuid4().hex}.flac", ContentFile(flac))
    return ClipFactory(owner=speaker, audio=name, title="Good day")


def heard(clip: Clip) -> str:
    return reverse("classifier:audio", args=[clip.pk])


def test_the_stored_samples_are_what_is_heard(speaker_client, clip):
    response = speaker_client.get(heard(clip))
    assert response["Content-Type"] == "audio/wav" and "good-day.wav" in response["Content-Disposition"]
    samples, rate = soundfile.read(io.BytesIO(response.content), dtype="int16")
    assert rate == 16_000 and np.array_equal(samples, PCM)
    assert len(response.content) == 44 + 2 * len(PCM)


@pytest.mark.parametrize(
    ("first", "last"),
    [(0, 0), (0, 43), (10, 50), (43, 44), (44, 44), (45, 45), (45, 9_000), (30_001, 40_043)],
)
def test_any_part_is_that_part_of_the_whole(speaker_client, clip, first, last):
    whole = speaker_client.get(heard(clip)).content
    response = speaker_client.get(heard(clip), headers={"Range": f"bytes={first}-{last}"})
    assert (response.status_code, response["Content-Range"]) == (206, f"bytes {first}-{last}/{len(whole)}")
    assert response.content == whole[first : last + 1]


def test_a_long_one_is_read_while_it_is_sent(speaker_client, clip, monkeypatch):
    whole = speaker_client.get(heard(clip)).content
    monkeypatch.setattr(ranges, "SENT_AT_ONCE", 0)
    monkeypatch.setattr(ranges, "PIECE", 999)
    response = speaker_client.get(heard(clip), headers={"Range": "bytes=7-"})

    async def pieces() -> list[bytes]:
        return [piece async for piece in response.streaming_content]

    sent = asyncio.run(pieces())
    assert b"".join(sent) == whole[7:] and max(map(len, sent)) == 999


def test_reading_past_the_end_gives_nothing(flac):
    reader = WavReader(io.BytesIO(flac))
    reader.seek(reader.size)
    assert reader.read(100) == b""


def test_a_download_is_the_flac_that_is_stored(speaker_client, clip, flac):
    response = speaker_client.get(heard(clip) + "?download=1")
    assert response["Content-Type"] == "audio/flac" and response.content == flac
    assert response["Content-Disposition"] == 'attachment; filename="good-day.flac"'


@pytest.mark.parametrize("stored", [None, b"fLaC" + bytes(100)], ids=["lost", "damaged"])
def test_a_file_that_was_lost_or_damaged_is_told_in_the_log(speaker_client, clip, stored, caplog):
    default_storage.delete(clip.audio.name)
    if stored is not None:
        default_storage.save(clip.audio.name, ContentFile(stored))
    with caplog.at_level(logging.ERROR):
        assert speaker_client.get(heard(clip)).status_code == 404
    assert str(clip.pk) in caplog.text


def test_what_is_damaged_in_the_middle_is_silent_and_told_in_the_log(speaker_client, clip, flac, caplog):
    whole = speaker_client.get(heard(clip)).content
    half = len(flac) // 2
    default_storage.delete(clip.audio.name)
    default_storage.save(clip.audio.name, ContentFile(flac[:half] + bytes(len(flac) - half)))
    with caplog.at_level(logging.ERROR):
        response = speaker_client.get(heard(clip))
        drawn = speaker_client.get(reverse("classifier:spectrogram", args=[clip.pk]))
    assert response.status_code == 200 and len(response.content) == len(whole) == int(
        response["Content-Length"]
    )
    assert drawn.status_code == 404
    assert response.content[:8_000] == whole[:8_000] and not any(response.content[-8_000:])
    assert clip.audio.name in caplog.text and str(clip.pk) in caplog.text
