"""Why a recording could not be taken. The codes are part of the API and never change their meaning."""

from enum import StrEnum


class Rejection(StrEnum):
    """Stable codes; the text that people read is chosen where it is shown."""

    EMPTY_FILE = "empty_file"
    TOO_LARGE = "too_large"
    NOT_AUDIO = "not_audio"
    TRUNCATED = "truncated"
    WRONG_HEADER = "wrong_header"
    NO_SOUND_TRACK = "no_sound_track"
    NOT_FINITE = "not_finite"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    EXPANDS_TOO_MUCH = "expands_too_much"
    TOO_COSTLY = "too_costly"
    TOO_MANY_CHANNELS = "too_many_channels"
    UNSUPPORTED_RATE = "unsupported_rate"
    UNSUPPORTED_CODEC = "unsupported_codec"
    DAMAGED = "damaged"
    DECODER_CRASHED = "decoder_crashed"
    DECODER_TIMEOUT = "decoder_timeout"


class AudioRejected(Exception):
    """The upload cannot become a clip. `params` holds what the message may name: numbers such as
    `seconds`, and the `format` that is not read."""

    def __init__(self, code: Rejection, **params: float | str) -> None:
        super().__init__(code.value)
        self.code = code
        self.params = params


class DecoderBusy(Exception):
    """Every decoder process stayed occupied for as long as a caller may wait. Trying again later helps."""
