"""Error messages for recordings that cannot be used. Codes are stable, sentences are not."""

from django.utils.translation import gettext_lazy as _

from emotion_site.exceptions import UserError

UNPROCESSABLE = 422

# code -> (HTTP status, sentence). The codes of `audio.exceptions.Rejection`, and one for no file at all.
REJECTIONS = {
    "no_file": (400, _("No recording arrived. Choose a file or record your voice.")),
    "empty_file": (UNPROCESSABLE, _("The file is empty. Choose another one or record again.")),
    "too_large": (413, _("The file is larger than %(megabytes)s MB. Send a shorter recording.")),
    "not_audio": (
        UNPROCESSABLE,
        _("This is not a sound file that can be read. Send WAV, FLAC, MP3, M4A, Ogg, WebM, MP4 or AIFF."),
    ),
    "truncated": (
        UNPROCESSABLE,
        _("The file ends too early; a part of it is missing. Copy or export it again."),
    ),
    "wrong_header": (
        UNPROCESSABLE,
        _("This file cannot be read safely. Save it again as WAV or MP3."),
    ),
    "no_sound_track": (UNPROCESSABLE, _("This video has no sound. Send a recording with a voice in it.")),
    "not_finite": (
        UNPROCESSABLE,
        _("This file cannot be read safely. Save it again as WAV or MP3."),
    ),
    "too_short": (
        UNPROCESSABLE,
        _("The recording is too short: to hear an emotion it must last at least %(min_seconds)s s."),
    ),
    "too_long": (
        UNPROCESSABLE,
        _("The recording is longer than %(max_minutes)s min. Cut it into shorter parts."),
    ),
    "expands_too_much": (
        UNPROCESSABLE,
        _("This small file unpacks to hours of sound and was refused. Cut it into shorter parts."),
    ),
    "too_costly": (
        UNPROCESSABLE,
        _(
            "The file has too many channels at too high a sample rate for its length. "
            "Export it as mono or stereo with 48 kHz, or cut it into shorter parts."
        ),
    ),
    "too_many_channels": (
        UNPROCESSABLE,
        _("The file has more than %(max_channels)s channels. Export it as mono or stereo."),
    ),
    "unsupported_rate": (
        UNPROCESSABLE,
        _("The sample rate is outside 8 to 192 kHz. Export the file with 16, 44.1 or 48 kHz."),
    ),
    "unsupported_codec": (
        UNPROCESSABLE,
        _("The sound in this file is packed in a way that cannot be read. Export it as WAV, MP3 or M4A."),
    ),
    "damaged": (
        UNPROCESSABLE,
        _("The file is damaged and cannot be read to its end. Copy or export it again."),
    ),
    "decoder_crashed": (
        UNPROCESSABLE,
        _("This file cannot be read safely. Save it again as WAV or MP3."),
    ),
    "decoder_timeout": (
        UNPROCESSABLE,
        _("Reading the file took too long. Export it again in another format."),
    ),
}


# The same where it is known what the file is.
NAMED = {
    "not_audio": _("%(format)s files cannot be read. Save the sound as WAV, MP3, M4A, FLAC or Ogg."),
    "unsupported_codec": _(
        "The sound in this file is %(format)s, which cannot be read. Export it as WAV, MP3 or M4A."
    ),
}


def rejection(code: str, format_name: str = "", **limits: object) -> UserError:
    """The error that a person sees for a recording that was refused; it names the format if that is why."""
    status, sentence = REJECTIONS[code]
    if format_name and code in NAMED:
        sentence = NAMED[code]
    return UserError(code, sentence % {"format": format_name, **limits}, status=status)
