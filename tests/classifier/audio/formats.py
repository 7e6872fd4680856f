"""Makes small, real audio files of every supported format in code, for tests of any part."""

import io
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer

from classifier.audio.decoding.decoder import decode
from classifier.audio.limits import Limits
from classifier.audio.waveform import Waveform


@dataclass(frozen=True)
class Recipe:
    """How one kind of file is made: libav's muxer, its encoder and the muxer's options."""

    muxer: str
    codec: str
    rate: int = 16_000
    options: tuple[tuple[str, str], ...] = ()
    channels: int = 1


FRAGMENTED = (("movflags", "frag_keyframe+empty_moov+default_base_moof"), ("frag_duration", "200000"))
RECIPES = {
    "wav-u8": Recipe("wav", "pcm_u8"),
    "wav-s16": Recipe("wav", "pcm_s16le"),
    "wav-s24": Recipe("wav", "pcm_s24le"),
    "wav-s32": Recipe("wav", "pcm_s32le"),
    "wav-f32": Recipe("wav", "pcm_f32le"),
    "wav-f64": Recipe("wav", "pcm_f64le"),
    "wav-alaw": Recipe("wav", "pcm_alaw", 8_000),
    "wav-mulaw": Recipe("wav", "pcm_mulaw", 8_000),
    "aiff-s16": Recipe("aiff", "pcm_s16be"),
    "aiff-s24": Recipe("aiff", "pcm_s24be"),
    "aifc-f32": Recipe("aiff", "pcm_f32be"),
    "flac": Recipe("flac", "flac", 44_100),
    "mp3": Recipe("mp3", "libmp3lame", 44_100),
    "mp3-bare": Recipe("mp3", "libmp3lame", 44_100, (("write_xing", "0"), ("id3v2_version", "0"))),
    "m4a": Recipe("ipod", "aac", 44_100),
    "m4a-alac": Recipe("ipod", "alac", 44_100),
    "aac": Recipe("adts", "aac", 44_100),
    "mp4": Recipe("mp4", "aac", 48_000),
    "mp4-fragmented": Recipe("mp4", "aac", 48_000, FRAGMENTED),
    "mp4-opus": Recipe("mp4", "libopus", 48_000, FRAGMENTED),
    "ogg-vorbis": Recipe("ogg", "vorbis", 44_100, channels=2),
    "ogg-opus": Recipe("ogg", "libopus", 48_000),
    "ogg-flac": Recipe("ogg", "flac", 44_100),
    "webm": Recipe("webm", "libopus", 48_000),
    "webm-live": Recipe("webm", "libopus", 48_000, (("live", "1"),)),
    "webm-vorbis": Recipe("webm", "vorbis", 44_100, channels=2),
}
# What telephone exchanges, call recorders, phones and old machines write.
RECORDERS = {
    "wav-adpcm-ms": Recipe("wav", "adpcm_ms", 8_000),
    "wav-adpcm-ima": Recipe("wav", "adpcm_ima_wav", 11_025),
    "wav-g722": Recipe("wav", "g722"),
    "wav-g726": Recipe("wav", "g726", 8_000),
    "wav-mp3": Recipe("wav", "libmp3lame", 44_100),
    "au": Recipe("au", "pcm_s16be"),
    "au-mulaw": Recipe("au", "pcm_mulaw", 8_000),
    "caf": Recipe("caf", "pcm_s16be"),
    "caf-alac": Recipe("caf", "alac", 44_100),
    "caf-ima": Recipe("caf", "adpcm_ima_qt", 22_050),
    "amr": Recipe("amr", "libopencore_amrnb", 8_000),
    "3gp": Recipe("3gp", "libopencore_amrnb", 8_000),
    "mp2": Recipe("mp2", "mp2"),
    "mov": Recipe("mov", "pcm_s16le", 48_000),
    "matroska-flac": Recipe("matroska", "flac", 44_100),
}
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}


def tone(seconds: float, rate: int, hertz: float = 440.0, level: float = 0.25) -> np.ndarray:
    """A steady sine as float64[samples]."""
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def make_audio(
    kind: str,
    *,
    seconds: float = 1.0,
    rate: int | None = None,
    channels: int | None = None,
    wave: np.ndarray | None = None,
) -> bytes:
    """The bytes of one file of `kind` (a key of RECIPES or RECORDERS).

    `wave` is float[samples], repeated in every channel, or float[channels, samples]; without it a tone.
    """
    recipe = (RECIPES | RECORDERS)[kind]
    rate = rate or recipe.rate
    channels = channels or recipe.channels
    if wave is None:
        wave = tone(seconds, rate)
    planes = np.broadcast_to(wave, (channels, wave.shape[-1])).astype("f4")
    target = io.BytesIO()
    with av.open(target, "w", format=recipe.muxer, options=dict(recipe.options)) as container:
        stream = container.add_stream(recipe.codec, rate=rate, options={"strict": "experimental"})
        stream.layout = LAYOUTS[channels]
        _encode(container, stream, planes, rate)
    return target.getvalue()


def _encode(container: OutputContainer, stream: AudioStream, planes: np.ndarray, rate: int) -> None:
    for start in range(0, planes.shape[1], 1024):
        packed = planes[:, start : start + 1024].T.reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=stream.layout.name)
        frame.sample_rate = rate
        frame.time_base = Fraction(1, rate)
        frame.pts = start
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def waveform_of(data: bytes, limits: Limits) -> Waveform:
    """Decoded in this process, where no upload of others ever is."""
    return decode(data, limits).waveform
