"""Decodes an upload with libav, held to a short list of formats and to data in memory.

Runs in the decoder process (`worker`), never in a process that serves pages.
"""

import io

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.limits import Limits, check_size
from classifier.audio.promises import check_promises
from classifier.audio.sniffing import Container, sniff
from classifier.audio.sound_track import SoundTrack
from classifier.audio.waveform import SAMPLE_RATE, Pcm, Waveform, to_pcm, to_waveform

PCM_CODECS = frozenset(
    ["pcm_u8", "pcm_s8", "pcm_alaw", "pcm_mulaw"]
    + [f"pcm_{sample}{order}" for sample in ("s16", "s24", "s32", "f32", "f64") for order in ("le", "be")]
)
CODECS = PCM_CODECS | {"flac", "alac", "mp3", "mp3float", "aac", "vorbis", "opus"}
LIBAV_OPTIONS = {
    # Nothing but the bytes at hand: no file, no network, no playlist that names another place.
    "protocol_whitelist": "none",
    "codec_whitelist": ",".join(sorted(CODECS)),
    # A 16-bit WAV is otherwise searched for hidden DTS and AC-3 streams, which takes 3 to 20 ms.
    "max_probe_packets": "1",
}
# These say in their header how long they are; other durations are guesses made from the bit rate.
DECLARE_DURATION = frozenset({Container.WAV, Container.AIFF, Container.FLAC, Container.MP4})
USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
# More than this cannot have been meant as one clip: the file was made to unpack to hours.
EXPANSION_SECONDS = 3600.0
# A hole of 20 ms now and then changes no answer; more of them do.
LOST_PACKETS_SHARE = 0.02
# How much less than declared is no cut: priming and the last frame of AAC, a few bytes of a WAV.
SEAM_SECONDS = {Container.MP4: 0.15}
USUAL_SEAM_SECONDS = 0.02


def decode(data: bytes, limits: Limits) -> Waveform:
    """The whole recording as float32[samples], mono, 16 kHz, in [-1, 1], on the grid of 16-bit samples.

    Raises AudioRejected with the code that says what is wrong.
    """
    check_size(data, limits)
    container = sniff(data)
    check_promises(container, data)
    try:
        with _open(container, data) as source:
            stream = _sound_track(source)
            _check_stream(stream, limits)
            declared = _declared_seconds(container, stream)
            _check_not_too_long(declared, limits)
            _check_cost(declared * stream.codec_context.sample_rate * stream.codec_context.channels, limits)
            pcm = _read(SoundTrack(source, stream), len(data), limits)
    except (av.FFmpegError, ValueError) as error:
        raise AudioRejected(Rejection.DAMAGED) from error
    seconds = pcm.size / SAMPLE_RATE
    if seconds < 0.99 * declared - SEAM_SECONDS.get(container, USUAL_SEAM_SECONDS):
        raise AudioRejected(Rejection.TRUNCATED, seconds=round(seconds, 1), declared=round(declared, 1))
    if seconds < limits.min_seconds:
        raise AudioRejected(Rejection.TOO_SHORT, seconds=round(seconds, 2), minimum=limits.min_seconds)
    return to_waveform(pcm)


def _open(container: Container, data: bytes) -> InputContainer:
    return av.open(
        io.BytesIO(data),
        mode="r",
        format=container.value,
        container_options={**LIBAV_OPTIONS, "format_whitelist": container.value},
        # Tags are never read, so their encoding may be anything.
        metadata_errors="replace",
    )


def _sound_track(source: InputContainer) -> AudioStream:
    stream = source.streams.best("audio")
    if not isinstance(stream, AudioStream):
        raise AudioRejected(Rejection.NO_SOUND_TRACK)
    return stream


def _check_stream(stream: AudioStream, limits: Limits) -> None:
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        raise AudioRejected(Rejection.UNSUPPORTED_CODEC)
    channels, rate = codec.channels, codec.sample_rate
    if channels > limits.max_channels:
        raise AudioRejected(Rejection.TOO_MANY_CHANNELS, channels=channels, maximum=limits.max_channels)
    if not limits.min_rate <= rate <= limits.max_rate:
        raise AudioRejected(
            Rejection.UNSUPPORTED_RATE, rate=rate, minimum=limits.min_rate, maximum=limits.max_rate
        )
    if channels in USUAL_LAYOUTS:
        # PyAV 18.1 frees a layout that names its channels one by one (AIFF and QuickTime may) each time it is
        # looked at. It is looked at once, above, and replaced before the decoder sees it.
        codec.layout = USUAL_LAYOUTS[channels]
    codec.thread_count = 1


def _declared_seconds(container: Container, stream: AudioStream) -> float:
    """What the header says, 0 where it says nothing that can be relied on."""
    if container not in DECLARE_DURATION or not stream.duration or stream.time_base is None:
        return 0.0
    return float(stream.duration * stream.time_base)


def _check_not_too_long(seconds: float, limits: Limits) -> None:
    if seconds > limits.max_seconds:
        code = Rejection.EXPANDS_TOO_MUCH if seconds > EXPANSION_SECONDS else Rejection.TOO_LONG
        raise AudioRejected(code, seconds=round(seconds, 1), maximum=limits.max_seconds)


def _check_cost(samples: float, limits: Limits) -> None:
    """Before anything is decoded and while it is: what a header says about its length may be wrong."""
    if samples > limits.max_samples:
        raise AudioRejected(Rejection.TOO_COSTLY, samples=round(samples), maximum=limits.max_samples)


def _read(track: SoundTrack, n_bytes: int, limits: Limits) -> Pcm:
    """All sound of the track as int16[samples], mono, 16 kHz. Stops as soon as it is longer than allowed."""
    blocks: list[Pcm] = []
    n_samples = 0
    for block in track:
        _check_cost(track.samples, limits)
        if not np.isfinite(block).all():
            raise AudioRejected(Rejection.NOT_FINITE)
        blocks.append(to_pcm(block))
        n_samples += block.size
        seconds = n_samples / SAMPLE_RATE
        if seconds > limits.max_seconds:
            # How long it would be is estimated from the share of the file that has been used up.
            _check_not_too_long(max(seconds, seconds * n_bytes / max(track.position, 1)), limits)
    if track.lost_packets > max(1, LOST_PACKETS_SHARE * track.packets):
        raise AudioRejected(Rejection.DAMAGED)
    return np.concatenate(blocks) if blocks else np.zeros(0, np.int16)
