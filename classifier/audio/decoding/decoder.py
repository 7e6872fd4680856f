"""Decodes an upload with libav, held to a short list of formats and to data in memory.

Runs in the decoder process (`worker`), never in a process that serves pages.
"""

import io
from dataclasses import dataclass

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer

from classifier.audio.containers.foreign import codec_name
from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import Part
from classifier.audio.decoding.codecs import CODECS, FLOAT_CODECS
from classifier.audio.decoding.parts import split
from classifier.audio.decoding.resampling import ResampledTrack
from classifier.audio.decoding.tracks import first_with_sound
from classifier.audio.exceptions import AudioRejected, Rejection
from classifier.audio.limits import DecodingBudget, Limits, check_size
from classifier.audio.waveform import SAMPLE_RATE, Pcm, Waveform, to_pcm, to_waveform

LIBAV_OPTIONS = {
    # Nothing but the bytes at hand: no file, no network, no playlist that names another place.
    "protocol_whitelist": "none",
    "codec_whitelist": ",".join(sorted(CODECS)),
    # A 16-bit WAV is otherwise searched for hidden DTS and AC-3 streams, which takes 3 to 20 ms.
    "max_probe_packets": "1",
}
# These declare their length in the header, and have lost something where they are shorter.
DECLARE_DURATION = frozenset({Container.WAV, Container.AIFF, Container.FLAC, Container.MP4})
# libav finds out how long these are; other durations are guesses made from the bit rate.
KNOW_DURATION = DECLARE_DURATION | {Container.AU, Container.CAF, Container.OGG}
USUAL_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
# More than this cannot have been meant as one clip: the file was made to unpack to hours.
EXPANSION_SECONDS = 3600.0
# What is wrong with an upload as a whole, and not with one of the recordings in it.
OF_THE_WHOLE_UPLOAD = (Rejection.TOO_LONG, Rejection.EXPANDS_TOO_MUCH, Rejection.TOO_COSTLY)
# A gap of 20 ms now and then changes no prediction; more of them do.
LOST_PACKETS_SHARE = 0.02
# How much less than declared is no cut: priming and the last frame of AAC, a few bytes of a WAV.
SEAM_SECONDS = {Container.MP4: 0.15}
USUAL_SEAM_SECONDS = 0.02
# Codecs pad their last block by up to 0.3 s; more either way is another recording than the header describes.
DOUBTFUL_SECONDS, DOUBTFUL_SHARE = 0.35, 0.03
# Lossy codecs and resampling overshoot a little, which is cut off; this far up all was written too loud.
BEYOND_FULL_SCALE = 1.05


@dataclass(frozen=True)
class DecodedSound:
    """A whole recording as float32[samples], mono, 16 kHz, in [-1, 1], on the grid of 16-bit samples.

    `doubts` are codes of `quality.DOUBTS`: what makes every prediction for it unsure.
    """

    waveform: Waveform
    doubts: tuple[str, ...] = ()


def decode(data: bytes, limits: Limits) -> DecodedSound:
    """All recordings that an upload holds, one after the other.

    Raises AudioRejected with the code of what is wrong.
    """
    check_size(data, limits)
    parts, has_rest = split(data)
    doubts = {"incomplete"} if has_rest else set()
    decoded: list[Pcm] = []
    budget = DecodingBudget(limits)
    for part in parts:
        try:
            pcm, is_doubtful = _read_part(part, budget)
        except AudioRejected as rejected:
            if not decoded or rejected.code in OF_THE_WHOLE_UPLOAD:
                raise
            doubts.add("incomplete")
            continue
        decoded.append(pcm)
        budget.decoded_s += pcm.size / SAMPLE_RATE
        doubts |= {"doubtful"} if is_doubtful else set()
    if budget.decoded_s < limits.min_seconds:
        seconds = round(budget.decoded_s, 2)
        raise AudioRejected(Rejection.TOO_SHORT, seconds=seconds, minimum=limits.min_seconds)
    pcm = decoded[0] if len(decoded) == 1 else np.concatenate(decoded)
    return DecodedSound(to_waveform(pcm), tuple(sorted(doubts)))


def _read_part(part: Part, budget: DecodingBudget) -> tuple[Pcm, bool]:
    """int16[samples] of one file of an upload, and whether they contradict its header."""

    def read(number: int) -> tuple[int, Pcm | AudioRejected, bool]:
        try:
            with _open(part) as source:
                n_tracks = len(source.streams.audio)
                try:
                    return n_tracks, *_read_track(part, source, number, budget)
                except AudioRejected as rejected:
                    return n_tracks, rejected, False
        except (av.FFmpegError, ValueError) as error:
            raise AudioRejected(Rejection.DAMAGED) from error

    return first_with_sound(read)


def _open(part: Part) -> InputContainer:
    return av.open(
        io.BytesIO(part.data),
        mode="r",
        format=part.container.value,
        container_options={**LIBAV_OPTIONS, "format_whitelist": part.container.value},
        # Tags are never read, so their encoding may be anything.
        metadata_errors="replace",
    )


def _read_track(part: Part, source: InputContainer, number: int, budget: DecodingBudget) -> tuple[Pcm, bool]:
    if number >= len(source.streams.audio):
        raise AudioRejected(Rejection.NO_SOUND_TRACK)
    stream = source.streams.audio[number]
    _check_stream(stream, budget.limits)
    declared = _declared_seconds(part, stream)
    _check_not_too_long(budget.decoded_s + declared, budget.limits)
    budget.require(declared * stream.codec_context.sample_rate * stream.codec_context.channels)
    is_video = bool(source.streams.video)
    track = ResampledTrack(source, stream)
    pcm = _read(track, len(part.data), budget)
    if (channel := track.mix.better_channel()) is not None:
        with _open(part) as again:
            stream = again.streams.audio[number]
            _check_stream(stream, budget.limits)
            pcm = _read(ResampledTrack(again, stream, channel), len(part.data), budget)
    seconds = pcm.size / SAMPLE_RATE
    seam = SEAM_SECONDS.get(part.container, USUAL_SEAM_SECONDS)
    if part.container in DECLARE_DURATION and seconds < 0.99 * declared - seam:
        raise AudioRejected(Rejection.TRUNCATED, seconds=round(seconds, 1), declared=round(declared, 1))
    lengths = (declared, part.declared_s)
    return pcm, any(_contradicts(seconds, length, is_video=is_video) for length in lengths)


def _contradicts(seconds: float, declared: float, *, is_video: bool) -> bool:
    """Whether the sound is not as long as declared; that of a video may end before its pictures."""
    if not declared:
        return False
    allowed = DOUBTFUL_SECONDS + DOUBTFUL_SHARE * declared
    return seconds - declared > allowed or (declared - seconds > allowed and not is_video)


def _check_stream(stream: AudioStream, limits: Limits) -> None:
    codec = stream.codec_context
    if codec is None or codec.name not in CODECS:
        name = codec_name(codec.name if codec else "")
        raise AudioRejected(Rejection.UNSUPPORTED_CODEC, **({"format": name} if name else {}))
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


def _declared_seconds(part: Part, stream: AudioStream) -> float:
    """The length in the header, 0 where it has none that can be relied on."""
    if part.container not in KNOW_DURATION or not stream.duration or stream.time_base is None:
        return 0.0
    return max(0.0, float(stream.duration * stream.time_base))


def _check_not_too_long(seconds: float, limits: Limits) -> None:
    if seconds > limits.max_seconds:
        code = Rejection.EXPANDS_TOO_MUCH if seconds > EXPANSION_SECONDS else Rejection.TOO_LONG
        raise AudioRejected(code, seconds=round(seconds, 1), maximum=limits.max_seconds)


def _read(track: ResampledTrack, n_bytes: int, budget: DecodingBudget) -> Pcm:
    """All sound of the track as int16[samples], mono, 16 kHz. Stops as soon as it is longer than allowed."""
    too_loud: list[Waveform] = []
    blocks: list[Pcm] = []
    n_samples = 0
    may_be_too_loud = track.codec in FLOAT_CODECS
    for block in track:
        budget.require(track.samples)
        if not np.isfinite(block).all():
            raise AudioRejected(Rejection.NOT_FINITE)
        if may_be_too_loud:
            too_loud.append(block)
        else:
            blocks.append(to_pcm(block))
        n_samples += block.size
        seconds = budget.decoded_s + n_samples / SAMPLE_RATE
        if seconds > budget.limits.max_seconds:
            # How long it would be is estimated from the share of the file that has been used up.
            whole = max(seconds, seconds * n_bytes / max(track.position, 1))
            _check_not_too_long(whole, budget.limits)
    budget.samples += track.samples
    if track.lost_packets > max(1, LOST_PACKETS_SHARE * track.packets):
        raise AudioRejected(Rejection.DAMAGED)
    if too_loud:
        return to_pcm(_within_full_scale(np.concatenate(too_loud)))
    return np.concatenate(blocks) if blocks else np.zeros(0, np.int16)


def _within_full_scale(sound: Waveform) -> Waveform:
    peak = float(np.abs(sound).max(initial=0.0))
    return sound / np.float32(peak) if peak > BEYOND_FULL_SCALE else sound
