"""Which channels and which track of a file are heard."""

import io
from fractions import Fraction

import av
import numpy as np
import pytest

from classifier.audio.exceptions import AudioRejected
from tests.classifier.audio.formats import make_audio
from tests.classifier.audio.voice import RATE, assert_is_the_voice, at_rate, likeness, voice

RNG = np.random.default_rng(0)
HISS = RNG.normal(0, 0.003, voice().size)
FIRST_HALF = np.arange(voice().size) < voice().size // 2
V = voice()
CANCELLING = {
    "mirrored": [V, -V],
    "nearly mirrored": [V, -0.9 * V],
    "a third mirrored": [V, -0.3 * V],
    "mirrored with hiss": [V + HISS, -V],
    "mirrored, a sample later": [V, -np.roll(V, 1)],
    "mirrored, both offset": [0.7 * V + 0.2, -0.7 * V + 0.2],
    "mirrored, one offset": [0.7 * V + 0.2, -0.7 * V],
    "mirrored in its second half": [V, np.where(FIRST_HALF, V, -V)],
    "three that add up to nothing": [V, -V / 2, -V / 2],
    "five in turn": [V, -V, V, -V, V],
    "eight in turn": [V, -V] * 4,
    "one voice in eight channels": [*[0 * V] * 7, V],
}
LOSSY = ["mp3", "m4a", "aac", "webm", "ogg-vorbis", "ogg-opus", "mp2", "wav-adpcm-ms"]


@pytest.mark.parametrize("kind", CANCELLING)
def test_channels_that_cancel_are_not_mixed(kind, pool):
    planes = np.stack(CANCELLING[kind])
    decoded = pool.decode(make_audio("wav-s16", wave=planes, channels=len(planes)))
    assert_is_the_voice(decoded, least=0.99)


@pytest.mark.parametrize("kind", LOSSY)
@pytest.mark.parametrize("other", [-1.0, -0.8])
def test_nor_are_they_after_a_lossy_codec(kind, other, pool):
    rate = 48_000 if "opus" in kind or kind == "webm" else 16_000
    planes = np.stack([at_rate(rate), other * at_rate(rate)])
    assert_is_the_voice(pool.decode(make_audio(kind, rate=rate, wave=planes, channels=2)))


@pytest.mark.parametrize("kind", ["m4a", "flac"])
@pytest.mark.parametrize("channels", [6, 8])
def test_nor_are_many_of_them(kind, channels, pool):
    planes = np.stack([at_rate(44_100) * (-1) ** i for i in range(channels)])
    assert_is_the_voice(pool.decode(make_audio(kind, wave=planes, channels=channels)))


def test_one_dead_channel_leaves_the_voice(pool):
    for dead in (0 * V, HISS, 0 * V + 0.2):
        assert_is_the_voice(
            pool.decode(make_audio("wav-s16", wave=np.stack([V, dead]), channels=2)), least=0.98
        )


def test_two_speakers_on_two_channels_are_both_heard(pool):
    """As call recorders write them: who speaks on one channel is silent on the other."""
    quiet = 0 * V
    planes = np.stack([np.concatenate([V, quiet]), np.concatenate([quiet, V])])
    decoded = pool.decode(make_audio("wav-s16", wave=planes, channels=2))
    assert all(likeness(half) > 0.99 for half in np.array_split(decoded.waveform, 2))


def test_a_conference_on_four_channels_is_mixed(pool):
    speakers = [np.where(np.arange(4 * V.size) // V.size == i, np.tile(V, 4), 0) for i in range(4)]
    decoded = pool.decode(make_audio("wav-s16", wave=np.stack(speakers), channels=4))
    assert all(likeness(turn) > 0.99 for turn in np.array_split(decoded.waveform, 4))


def with_tracks(muxer: str, *tracks: tuple[str, np.ndarray]) -> bytes:
    """A file with one track after the other, each of a codec, at 48 kHz."""
    target = io.BytesIO()
    with av.open(target, "w", format=muxer) as container:
        streams = [container.add_stream(codec, rate=48_000, layout="mono") for codec, _ in tracks]
        for stream, (_, wave) in zip(streams, tracks, strict=True):
            for start in range(0, wave.size, 960):
                frame = av.AudioFrame.from_ndarray(
                    wave[None, start : start + 960].astype("f4"), format="flt", layout="mono"
                )
                frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), start
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return target.getvalue()


A = at_rate(48_000)
NOTHING, NEARLY_NOTHING = 0 * A, RNG.normal(0, 1e-4, A.size)
CONTAINERS = [("mp4", "aac"), ("mov", "aac"), ("matroska", "flac"), ("webm", "libopus"), ("ogg", "libopus")]


@pytest.mark.parametrize(("muxer", "codec"), CONTAINERS)
@pytest.mark.parametrize(
    "before", [[NOTHING], [NEARLY_NOTHING], [NOTHING, NOTHING]], ids=["one", "hiss", "two"]
)
def test_the_first_track_with_sound_is_heard(muxer, codec, before, pool):
    tracks = [(codec, wave) for wave in (*before, A)]
    assert_is_the_voice(pool.decode(with_tracks(muxer, *tracks)))
    assert_is_the_voice(pool.decode(with_tracks(muxer, *reversed(tracks))))


def test_a_track_that_cannot_be_decoded_is_passed_over(pool):
    assert_is_the_voice(pool.decode(with_tracks("matroska", ("ac3", A), ("flac", A))))


def test_where_no_track_can_be_decoded_the_refusal_names_the_first(pool):
    with pytest.raises(AudioRejected) as refused:
        pool.decode(with_tracks("matroska", ("ac3", A), ("ac3", A)))
    assert (refused.value.code, refused.value.params["format"]) == ("unsupported_codec", "AC-3")


def test_where_no_track_has_sound_there_is_nothing_to_hear(pool):
    decoded = pool.decode(with_tracks("matroska", ("flac", NOTHING), ("flac", NOTHING)))
    assert decoded.quality.hints == ["digital_silence"]


@pytest.mark.parametrize("offsets", [(0.25, 0.25), (0.25, 0), (0.2, -0.2)], ids=str)
def test_an_offset_changes_neither_loudness_nor_hints(offsets, pool):
    planes = np.stack([0.6 * V + offset for offset in offsets])
    decoded = pool.decode(make_audio("wav-s16", wave=planes, channels=2))
    without = pool.decode(make_audio("wav-s16", wave=0.6 * V, rate=RATE)).quality
    assert_is_the_voice(decoded, least=0.99)
    assert decoded.quality.rms_dbfs == pytest.approx(without.rms_dbfs, abs=0.1)
    assert decoded.quality.peak_dbfs == pytest.approx(without.peak_dbfs, abs=0.3)
    assert decoded.quality.snr_db > 35
