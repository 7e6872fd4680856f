"""Each kind of bad input over HTTP: its own code, a sentence, and nothing left behind."""

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from classifier.models import Clip
from tests.classifier.audio.formats import make_audio
from tests.classifier.audio.test_bad_input import in_codec
from tests.classifier.audio.voice import case

pytestmark = pytest.mark.django_db
CLIPS = "/api/v1/clips/"


def good() -> bytes:
    return make_audio("wav-s16", seconds=1)


def header_of_4_gb() -> bytes:
    data = bytearray(good())
    data[4:8] = struct.pack("<I", 0xFFFFFFF0)
    at = bytes(data).index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", 0xFFFFFFF0)
    return bytes(data)


def with_nan() -> bytes:
    samples = np.zeros(16_000)
    samples[500] = np.nan
    return make_audio("wav-f32", wave=samples)


def with_infinity() -> bytes:
    samples = np.zeros(16_000)
    samples[500] = np.inf
    return make_audio("wav-f32", wave=samples)


def many_channels() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(64)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\0" * 64 * 2 * 16_000)
    return out.getvalue()


def video_without_sound() -> bytes:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        container.mux(stream.encode(None))
    return out.getvalue()


def hours_of_silence() -> bytes:
    """More than an hour in a few hundred kilobytes."""
    return make_audio("flac", wave=np.zeros(4000 * 8_000, "f4"), rate=8_000)


BAD = {
    "empty": (lambda: b"", "empty_file"),
    "text named .wav": (lambda: b"Dear diary, today I recorded nothing.\n" * 50, "not_audio"),
    "truncated": (lambda: good()[:-8_000], "truncated"),
    "header of 4 GB": (header_of_4_gb, "wrong_header"),
    "Windows Media": (lambda: case("dictation.wma"), "not_audio"),
    "video without sound": (video_without_sound, "no_sound_track"),
    "not a number": (with_nan, "not_finite"),
    "infinity": (with_infinity, "not_finite"),
    "a tenth of a second": (lambda: make_audio("wav-s16", seconds=0.1), "too_short"),
    "eleven minutes": (lambda: make_audio("wav-s16", seconds=660, rate=8_000), "too_long"),
    "64 channels": (many_channels, "too_many_channels"),
    "hours in a small file": (hours_of_silence, "expands_too_much"),
}


@pytest.fixture
def signed_in(client, speaker):
    client.force_login(speaker)
    return client


@pytest.mark.parametrize("kind", BAD)
def test_bad_recording_has_its_own_code_and_leaves_nothing(signed_in, model_version, kind, settings, caplog):
    make, code = BAD[kind]
    before = files_below(settings.DATA_DIR)
    response = signed_in.post(CLIPS, {"file": SimpleUploadedFile("secret name.wav", make())})
    assert response.json()["code"] == code
    assert response.status_code == 422
    assert response.json()["detail"].endswith(".") and "%" not in response.json()["detail"]
    assert not Clip.objects.exists()
    assert files_below(settings.DATA_DIR) == before
    assert f"code={code}" in caplog.text and "secret name" not in caplog.text
    assert signed_in.post(CLIPS, {"file": SimpleUploadedFile("ok.wav", good())}).status_code == 201


@pytest.mark.parametrize(
    ("make", "named"),
    [(lambda: case("dictation.wma"), "Windows Media (WMA)"), (lambda: in_codec("matroska", "ac3"), "AC-3")],
    ids=["container", "codec"],
)
def test_the_refusal_names_what_it_is(signed_in, model_version, make, named):
    response = signed_in.post(CLIPS, {"file": SimpleUploadedFile("a.bin", make())})
    assert response.status_code == 422
    assert named in response.json()["detail"]


@pytest.mark.parametrize(("language", "written"), [("en", "0.3"), ("es", "0,3")])
def test_the_least_length_is_written_as_the_language_does(signed_in, model_version, language, written):
    short = SimpleUploadedFile("short.wav", make_audio("wav-s16", seconds=0.1))
    response = signed_in.post(CLIPS, {"file": short}, headers={"Accept-Language": language})
    assert f" {written} " in response.json()["detail"]


def files_below(folder: Path) -> set[Path]:
    return {path for path in Path(folder).rglob("*") if path.is_file() and "sqlite" not in path.name}


def test_upload_over_the_limit(signed_in, model_version, settings):
    settings.CLIP_MAX_BYTES = 10_000
    response = signed_in.post(CLIPS, {"file": SimpleUploadedFile("a.wav", good())})
    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert not Clip.objects.exists()


def test_silence_is_accepted_with_a_hint_and_not_sure(signed_in, model_version):
    silence = make_audio("wav-s16", wave=np.zeros(16_000))
    answer = signed_in.post(CLIPS, {"file": SimpleUploadedFile("a.wav", silence)}).json()["prediction"]
    assert "digital_silence" in answer["quality"]["hints"]
    assert not answer["sure"]
    assert answer["confidence"] < 0.2


def test_page_without_sign_in_leads_to_the_sign_in_page(client):
    response = client.get("/")
    assert response.status_code == 302 and "/login/" in response["Location"]
