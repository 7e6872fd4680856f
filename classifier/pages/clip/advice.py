"""The quality of a recording in plain words, with what its owner can do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from classifier.audio.quality import LOUD_DBFS, QUIET_DBFS, VERY_QUIET_DBFS


@dataclass(frozen=True)
class Advice:
    name: str | Promise
    what_to_do: str | Promise


ADVICE = {
    "incomplete": Advice(
        gettext_lazy("Not all of it"),
        gettext_lazy(
            "Part of this file could not be read and was left out. "
            "The answer is about the rest, so it is less certain."
        ),
    ),
    "doubtful": Advice(
        gettext_lazy("Doubtful file"),
        gettext_lazy(
            "The sound is longer or shorter than the file says, so the answer is less certain. "
            "Export it again."
        ),
    ),
    "digital_silence": Advice(
        gettext_lazy("No sound"),
        gettext_lazy(
            "The recording is completely silent. Check that the right microphone is chosen and not muted."
        ),
    ),
    "very_quiet": Advice(
        gettext_lazy("Very quiet"),
        gettext_lazy("Speak up or move closer to the microphone; quiet voices are easily mistaken."),
    ),
    "clipped": Advice(
        gettext_lazy("Clipped"),
        gettext_lazy("The loudest parts are cut off. Lower the microphone's level or move a little away."),
    ),
    "mostly_silence": Advice(
        gettext_lazy("Mostly silence"),
        gettext_lazy("There is little speech in it. Cut the pauses, or speak a whole sentence."),
    ),
    "noisy": Advice(
        gettext_lazy("Noisy"),
        gettext_lazy("Other sounds are nearly as loud as the voice. Try a quieter place."),
    ),
}


def advice_for(quality: Mapping[str, Any]) -> list[Advice]:
    return [ADVICE[code] for code in quality.get("hints", []) if code in ADVICE]


def quality_figures(quality: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value of what was measured, in words first, leaving out what could not be."""
    hints = quality.get("hints", [])
    figures = [
        (
            _("Loudness"),
            quality.get("rms_dbfs"),
            _loudness(quality.get("rms_dbfs"), hints),
        ),
        (
            _("Cut-off peaks"),
            _percent(quality.get("clipped_share"), decimals=2),
            _("many (%(value)s%%)") if "clipped" in hints else _("hardly any (%(value)s%%)"),
        ),
        (_("Speech"), _percent(quality.get("speech_share")), _("%(value)s%% of the time")),
        (
            _("Voice"),
            quality.get("snr_db"),
            _("hard to tell from the noise (%(value).0f dB above it)")
            if "noisy" in hints
            else _("clear (%(value).0f dB above the noise)"),
        ),
    ]
    return [(name, sentence % {"value": value}) for name, value, sentence in figures if value is not None]


def _loudness(level_dbfs: float | None, hints: Sequence[str]) -> str:
    """In words that compare it with recorded speech (`audio.quality`)."""
    level = 0.0 if level_dbfs is None else level_dbfs
    if level < VERY_QUIET_DBFS or not {"very_quiet", "digital_silence"}.isdisjoint(hints):
        return _("very quiet (%(value).0f dB)")
    if level < QUIET_DBFS:
        return _("quiet (%(value).0f dB)")
    return _("loud (%(value).0f dB)") if level > LOUD_DBFS else _("good (%(value).0f dB)")


def _percent(share: float | None, *, decimals: int = 0) -> str | None:
    return None if share is None else number_format(round(share * 100, decimals), decimals)
