"""What was measured in a recording, in words."""

import pytest

from classifier.pages.clip.advice import quality_figures


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (-50, "very quiet"),
        (-46, "very quiet"),
        (-39, "quiet"),
        (-34, "quiet"),
        (-25, "good"),
        (-16, "good"),
        (-12, "loud"),
    ],
)
def test_loudness_is_told_as_it_compares_with_recorded_speech(level, words):
    figures = dict(quality_figures({"hints": [], "rms_dbfs": level}))
    assert figures["Loudness"] == f"{words} ({level} dB)"
