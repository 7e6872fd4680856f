import numpy as np
import pytest

from training.evaluation.gate import (
    BETTER,
    FIRST,
    UNCLEAR,
    WORSE,
    Rules,
    compare_predictions,
    compare_subset,
    judge,
    mcnemar_p,
)
from training.evaluation.metrics import Predictions, all_metrics

LABELS = ["sad", "happy"]
RULES = Rules(recall_drop=5.0, accuracy_drop=1.0, noisy_drop=2.0, speed_factor=1.5)


def predictions(right: list[bool], speakers: list[str]) -> Predictions:
    truth = np.arange(len(right)) % 2
    said = np.where(right, truth, 1 - truth)
    return Predictions(np.eye(2)[said] * 0.8 + 0.1, truth, speakers)


def found(new: list[bool], old: list[bool], **changes) -> dict:
    speakers = [f"s{number // 4 % 10}" for number in range(len(new))]
    candidate, active = predictions(new, speakers), predictions(old, speakers)
    names = [f"clip{number}" for number in range(len(new))]
    return {
        "split": "test",
        "candidate": {**all_metrics(candidate, LABELS), "noisy": {"value": 0.7}},
        "active": {**all_metrics(active, LABELS), "noisy": {"value": 0.7}},
        "speed_ms": {"candidate": 10.0, "active": 10.0},
        **compare_predictions({"clean": candidate}, {"clean": active}, names, LABELS),
        **changes,
    }


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    # The values of R's binom.test(gained, gained + lost).
    [(0, 0, 1.0), (5, 5, 1.0), (10, 2, 0.03857), (15, 5, 0.04139), (1, 0, 1.0), (20, 0, 1.907e-06)],
)
def test_mcnemar_is_the_exact_binomial(gained, lost, p):
    assert mcnemar_p(gained, lost) == pytest.approx(p, rel=1e-3)
    assert mcnemar_p(lost, gained) == mcnemar_p(gained, lost)


def test_clips_that_people_sent_are_told_apart():
    right, speakers = [True] * 6 + [False] * 2, ["ann"] * 4 + ["bob"] * 4
    names = [f"clip{number}" for number in range(8)]
    new, old = predictions(right, speakers), predictions([False, *right[1:7], True], speakers)
    told = compare_subset(new, old, names, {"clip0", "clip1", "clip6", "gone"})
    assert told == {"clips": 3, "speakers": 2, "before": 0.3333, "after": 0.6667, "gained": 1, "lost": 0}
    verdict = judge(found(right, right, from_people=told), RULES)
    assert verdict["reasons"][1] == {"code": "from_people", **told}
    # Nothing more to say where all came from people, or none did.
    assert compare_subset(new, old, names, set(names)) is None is compare_subset(new, old, names, set())


def test_better_worse_and_unclear():
    good, bad = [True] * 70 + [False] * 10, ([True, True, False, False] * 20)
    assert judge(found(good, bad), RULES)["outcome"] == BETTER
    assert judge(found(bad, good), RULES)["outcome"] == WORSE
    verdict = judge(found(good, good), RULES)
    assert verdict["outcome"] == UNCLEAR and verdict["passes"]


def test_one_lucky_speaker_is_no_proof():
    """Many clips won, all of one voice: the bootstrap over speakers is not convinced."""
    old = [number // 4 % 10 != 0 for number in range(80)]
    assert mcnemar_p(8, 0) < 0.05
    assert judge(found([True] * 80, old), RULES)["outcome"] == UNCLEAR


def test_broken_rules_are_named_with_their_values():
    fell = [number % 2 == 0 or number > 20 for number in range(80)]
    verdict = judge(found(fell, [True] * 80, speed_ms={"candidate": 31.0, "active": 20.0}), RULES)
    codes = {reason["code"]: reason for reason in verdict["reasons"]}
    assert not verdict["passes"]
    assert codes["recall_fell"]["label"] == "happy" and codes["recall_fell"]["allowed"] == 5.0
    assert {"accuracy_fell", "slower"} <= codes.keys()


def test_rules_hold_on_their_border():
    at_limit = [True] * 79 + [False]
    verdict = judge(
        found(at_limit, [True] * 80, speed_ms={"candidate": 30.0, "active": 20.0}),
        Rules(recall_drop=2.5, accuracy_drop=1.25, noisy_drop=0.0, speed_factor=1.5),
    )
    assert verdict["passes"], verdict["reasons"]


def test_clips_that_changed_sides_are_listed_first_what_matters():
    comparison = found([True, False, True, True] * 20, [False, True, True, True] * 20)
    assert comparison["mcnemar"] == {"gained": 20, "lost": 20, "p": 1.0}
    assert comparison["n_changed"] == 40
    change = comparison["changed"][0]
    assert change["label"] in (change["before"], change["after"])


def test_nothing_in_service_needs_no_comparison():
    comparison = found([True] * 8, [True] * 8)
    comparison.pop("active")
    assert judge(comparison, RULES)["outcome"] == FIRST
