"""With a handful of voices nobody knows how other voices fare: what is said then, and what is not."""

import numpy as np
import pytest

from tests.training.evaluation.test_gate import LABELS, RULES, predictions
from training.evaluation.gate import compare_predictions, judge
from training.evaluation.metrics import Predictions, all_metrics
from training.pages import verdict_texts

GAINED = [True] * 45 + [False] * 15, [True] * 35 + [False] * 25


def compared(new: list[bool], old: list[bool], n_speakers: int) -> dict:
    speakers = [f"s{number % n_speakers}" for number in range(len(new))]
    candidate, active = predictions(new, speakers), predictions(old, speakers)
    names = [f"clip{number}" for number in range(len(new))]
    return {
        "split": "test",
        "candidate": {**all_metrics(candidate, LABELS), "noisy": {"value": 0.7}},
        "active": {**all_metrics(active, LABELS), "noisy": {"value": 0.7}},
        "speed_ms": {"candidate": 10.0, "active": 10.0},
        **compare_predictions({"clean": candidate}, {"clean": active}, names, LABELS),
    }


@pytest.mark.parametrize("n_speakers", [1, 2, 3, 4])
def test_an_interval_of_few_speakers_has_a_width(n_speakers):
    found = compared(*GAINED, n_speakers)
    low, high = found["difference"]["interval_95"]
    assert low < found["difference"]["value"] < high and high - low > 0.08
    low, high = found["candidate"]["accuracy"]["interval_95"]
    assert low < 0.75 < high and high - low > 0.1
    assert found["difference"]["interval_by"] == found["candidate"]["interval_by"] == "clips"


def test_five_speakers_are_drawn_as_speakers():
    found = compared(*GAINED, 5)
    assert found["difference"]["interval_by"] == found["candidate"]["interval_by"] == "speakers"


def test_clips_are_drawn_within_their_speaker():
    """Ann is always right and Bob never, whichever of their clips are drawn."""
    half = Predictions(np.eye(2)[[0] * 50 + [1] * 50], np.zeros(100, dtype=int), ["ann"] * 50 + ["bob"] * 50)
    assert all_metrics(half, LABELS)["labels"]["sad"]["precision"]["value"] == 1.0
    low, high = all_metrics(half, LABELS)["accuracy"]["interval_95"]
    assert 0.3 < low < 0.5 < high < 0.7


@pytest.mark.parametrize("n_speakers", [1, 8])
def test_clips_that_are_all_alike_prove_nothing_for_certain(n_speakers):
    """Where every draw comes out the same, as many clips as there are still leave room for chance."""
    found = compared([True] * 40, [True] * 40, n_speakers)
    low, high = found["difference"]["interval_95"]
    assert low < 0 < high
    low, high = found["candidate"]["accuracy"]["interval_95"]
    assert low == pytest.approx(0.9124, abs=1e-3) and high == 1.0


@pytest.mark.parametrize(
    ("n_speakers", "outcome"), [(1, "too_few_voices"), (4, "too_few_voices"), (6, "better")]
)
@pytest.mark.parametrize("other_way", [False, True])
def test_few_speakers_have_a_verdict_of_their_own(n_speakers, outcome, other_way):
    new, old = [True] * 110 + [False] * 10, [number % 2 == 0 for number in range(110)] + [False] * 10
    if other_way:
        new, old = old, new
        outcome = "worse" if outcome == "better" else outcome
    verdict = judge(compared(new, old, n_speakers), RULES)
    assert verdict["outcome"] == verdict["reasons"][0]["code"] == outcome
    if outcome == "too_few_voices" and not other_way:
        assert verdict["passes"] and verdict["reasons"][0]["interval_by"] == "clips"
    # A rule that is broken is broken for few voices too.
    assert verdict["passes"] is not other_way


def test_the_words_tell_what_the_interval_is_about():
    few = judge(compared(*GAINED, 1), RULES)
    assert (
        verdict_texts.outcome_text(few)
        == "These are too few voices to tell whether the new version is better or worse."
    )
    (said, *_) = verdict_texts.reason_texts(few, {})
    assert "60 clips of 1 voice that" in said
    assert "95% sure for other clips of the same voice" in said
    several, *_ = verdict_texts.reason_texts(judge(compared(*GAINED, 3), RULES), {})
    assert "of 3 voices" in several and "for other clips of the same voices" in several
    many, *_ = verdict_texts.reason_texts(judge(compared(*GAINED, 6), RULES), {})
    assert "(95% sure: between" in many


def test_a_false_interval_of_an_older_run_is_not_repeated():
    verdict = judge(compared(*GAINED, 1), RULES)
    evidence = verdict["reasons"][0]
    del evidence["interval_by"]
    evidence["code"] = verdict["outcome"] = "unclear"
    evidence["difference"] = {"value": 0.073, "interval_95": [0.073, 0.073]}
    said, *_ = verdict_texts.reason_texts(verdict, {})
    assert "+7.3 points" in said and "between" not in said
    assert "too few voices" in verdict_texts.outcome_text(verdict)
