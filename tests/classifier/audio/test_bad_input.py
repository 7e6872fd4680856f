"""Each kind of bad file is refused with its own code, by the real decoder process, which goes on serving."""

import io
import struct
import wave
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.limits import MIB, Limits
from tests.classifier.audio.formats import RECIPES, make_audio

pytestmark = pytest.mark.slow

SECOND = make_audio("wav-s16")
WAV_DATA = SECOND.index(b"data") + 4
TRUNCATES = ["wav-s16", "wav-f32", "aiff-s16", "flac", "mp3", "m4a", "m4a-alac", "mp4", "mp4-fragmented"]


def code_of(pool, data: bytes) -> str:
    with pytest.raises(AudioRejected) as caught:
        pool.decode(data)
    return caught.value.code


def patched(data: bytes, offset: int, layout: str, *values: int) -> bytes:
    """`data` with a few bytes of its header replaced."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, offset, *values)
    return bytes(changed)


def plain_wav(seconds: float = 1.0, rate: int = 16_000, channels: int = 1) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(2 * channels * round(seconds * rate)))
    return target.getvalue()


def flac_of_eight_channels() -> bytes:
    """A second of it, whose header says that it is ten minutes."""
    return patched(make_audio("flac", rate=192_000, channels=8), 22, ">I", 599 * 192_000)


def video(container: str, codec: str, with_sound: bool) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        picture = output.add_stream(codec, rate=10, width=32, height=32, pix_fmt="yuv420p")
        sound = output.add_stream("libopus", rate=48_000, layout="mono") if with_sound else None
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((48, 32), 20 * i, np.uint8), format="yuv420p")
            frame.pts = i
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
        if sound:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="flt", layout="mono")
            frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
            output.mux(sound.encode(frame))
            output.mux(sound.encode(None))
    return target.getvalue()


def hours_of_silence_as_flac() -> bytes:
    target = io.BytesIO()
    soundfile.write(target, np.zeros(8_000 * 3_700, np.int16), 8_000, format="FLAC")
    return target.getvalue()


def silence_as_mp3(seconds: int) -> bytes:
    """The same silent second again and again; nothing in the file says how long it is."""
    second = make_audio("mp3-bare", rate=8_000, wave=np.zeros(8_000))
    return second * seconds


def wav_with(value: float) -> bytes:
    samples = np.zeros(16_000)
    samples[8_000] = value
    return make_audio("wav-f32", wave=samples)


def in_codec(container: str, codec: str) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format=container) as output:
        stream = output.add_stream(codec, rate=48_000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 96_000), np.float32), format="flt", layout="stereo")
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return target.getvalue()


def m4a_full_of_noise() -> bytes:
    data = make_audio("m4a")
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    return data[:start] + np.random.default_rng(2).bytes(end - start) + data[end:]


def flac_half_overwritten() -> bytes:
    data = make_audio("flac")
    return data[: len(data) // 2] + bytes(len(data) - len(data) // 2)


BAD_FILES = {
    "nothing": ("empty_file", lambda: b""),
    "25 MB and a byte": ("too_large", lambda: bytes(25 * MIB + 1)),
    "text": ("not_audio", lambda: b"This is a letter, not a voice. \n" * 100),
    "text in UTF-16": ("not_audio", lambda: "This is a letter, not a voice. \n".encode("utf-16") * 100),
    "a picture": ("not_audio", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    "random bytes": ("not_audio", lambda: np.random.default_rng(5).bytes(50_000)),
    "zeros": ("not_audio", lambda: bytes(50_000)),
    "one byte": ("not_audio", lambda: b"R"),
    "a playlist": ("not_audio", lambda: b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n"),
    "a list of files": ("not_audio", lambda: b"ffconcat version 1.0\nfile '/etc/passwd'\n"),
    "text behind an ID3 tag": ("damaged", lambda: b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"no sound " * 900),
    "a WAV that claims 4 GB": ("wrong_header", lambda: patched(SECOND, WAV_DATA, "<I", 0xFFFF_FFF0)),
    "a WAV that claims 3 GB": ("wrong_header", lambda: patched(SECOND, WAV_DATA, "<I", 3 << 30)),
    "a WAV without channels": ("wrong_header", lambda: patched(SECOND, 22, "<H", 0)),
    "a WAV without a rate": ("wrong_header", lambda: patched(SECOND, 24, "<I", 0)),
    "a WAV whose frames do not add up": ("wrong_header", lambda: patched(SECOND, 32, "<H", 7)),
    "a WAV without format": ("wrong_header", lambda: SECOND[:12] + SECOND[WAV_DATA - 4 :]),
    "a WAV of 44 bytes": ("too_short", lambda: plain_wav(0)),
    "only RIFF": ("truncated", lambda: SECOND[:12]),
    "an MP4 of 1 TB": ("wrong_header", lambda: make_audio("mp4") + struct.pack(">I4sQ", 1, b"mdat", 1 << 40)),
    "an MP4 without its index": ("truncated", lambda: make_audio("mp4").split(b"moov")[0][:-4]),
    "a silent film": ("no_sound_track", lambda: video("mp4", "mpeg4", with_sound=False)),
    "a silent film in WebM": ("no_sound_track", lambda: video("webm", "libvpx", with_sound=False)),
    "not a number": ("not_finite", lambda: wav_with(np.nan)),
    "infinity": ("not_finite", lambda: wav_with(np.inf)),
    "0.1 seconds": ("too_short", lambda: make_audio("wav-s16", seconds=0.1)),
    "0.1 seconds of WebM": ("too_short", lambda: make_audio("webm-live", seconds=0.1)),
    "11 minutes": ("too_long", lambda: plain_wav(660)),
    "11 minutes of MP3": ("too_long", lambda: silence_as_mp3(660)),
    "hours of FLAC": ("expands_too_much", hours_of_silence_as_flac),
    "hours of MP3": ("expands_too_much", lambda: silence_as_mp3(7_200)),
    "a FLAC that claims hours": ("expands_too_much", lambda: patched(make_audio("flac"), 22, ">I", 1 << 30)),
    "ten minutes of eight channels at 192 kHz": ("too_costly", flac_of_eight_channels),
    "64 channels": ("too_many_channels", lambda: plain_wav(channels=64)),
    "9 channels": ("too_many_channels", lambda: plain_wav(channels=9)),
    "4 kHz": ("unsupported_rate", lambda: plain_wav(rate=4_000)),
    "384 kHz": ("unsupported_rate", lambda: plain_wav(rate=384_000)),
    "AC-3": ("unsupported_codec", lambda: in_codec("matroska", "ac3")),
    "an M4A full of noise": ("damaged", m4a_full_of_noise),
    "a FLAC of which half was overwritten": ("truncated", flac_half_overwritten),
}


def test_every_code_about_a_file_has_a_bad_file_here():
    about_us = {Rejection.DECODER_CRASHED, Rejection.DECODER_TIMEOUT}
    assert {code for code, _ in BAD_FILES.values()} == set(Rejection) - about_us


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_refused_with_its_code(name, pool):
    expected, make = BAD_FILES[name]
    assert code_of(pool, make()) == expected
    assert pool.decode(SECOND).waveform.size == 16_000


@pytest.mark.parametrize("kind", TRUNCATES)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.97])
def test_cut_files_are_truncated(kind, share, pool):
    data = make_audio(kind, seconds=3.0)
    assert code_of(pool, data[: round(share * len(data))]) == "truncated"


@pytest.mark.parametrize("kind", ["webm", "ogg-opus", "ogg-vorbis"])
def test_cut_files_of_containers_that_know_their_pages_are_truncated(kind, pool):
    data = make_audio(kind, seconds=3.0)
    assert code_of(pool, data[: len(data) // 2]) == "truncated"


@pytest.mark.parametrize("kind", ["ogg-flac", "ogg-opus", "mp3"])
def test_cost_is_measured_where_the_header_does_not_tell_it(kind, new_pool):
    """All channels count, in the rate of the file."""
    channels = 2 if kind == "mp3" else 8
    data = make_audio(kind, seconds=2.0, channels=channels)
    samples = round(2 * RECIPES[kind].rate * channels)
    assert code_of(new_pool(replace(Limits(), max_samples=samples // 2)), data) == "too_costly"
    assert new_pool(replace(Limits(), max_samples=samples * 2)).decode(data).waveform.size >= 31_000


def test_every_usual_recording_of_ten_minutes_is_within_the_cost():
    for rate, channels in [(48_000, 2), (96_000, 2), (192_000, 2), (48_000, 6), (48_000, 8)]:
        assert rate * channels * Limits().max_seconds <= Limits().max_samples


def test_a_header_counted_as_sound_is_forgiven(pool):
    """Some recorders write the size of the file where the size of the sound belongs."""
    data = plain_wav()
    assert pool.decode(patched(data, 40, "<I", len(data))).waveform.size == 16_000


def test_a_recording_whose_sizes_were_never_written_is_read_to_its_end(pool):
    data = patched(patched(plain_wav(), 4, "<I", 0), 40, "<I", 0)
    assert pool.decode(data).waveform.size == 16_000


@pytest.mark.parametrize(("container", "codec"), [("mp4", "mpeg4"), ("webm", "libvpx")])
def test_the_sound_of_a_film_is_taken(container, codec, pool):
    assert pool.decode(video(container, codec, with_sound=True)).waveform.size == pytest.approx(
        16_000, abs=800
    )


def test_limits_are_named_in_the_refusal(pool):
    with pytest.raises(AudioRejected) as caught:
        pool.decode(plain_wav(660))
    assert caught.value.params == {"seconds": 660.0, "maximum": 600.0}


def test_exactly_the_shortest_and_the_longest_clip_are_taken(pool):
    assert pool.decode(plain_wav(0.3)).quality.duration_s == 0.3
    assert pool.decode(plain_wav(600)).quality.duration_s == 600


def test_digital_silence_is_accepted_with_a_hint(pool):
    quality = pool.decode(plain_wav()).quality
    assert quality.digital_silence
    assert quality.hints == ["digital_silence"]
