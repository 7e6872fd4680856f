"""Whether a new version may serve: what differs on unseen speakers, how sure that is, and the rules."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

from annotations.agreement.coefficients import ENOUGH_SPEAKERS
from training.evaluation.bootstrap import interval_95, resample
from training.evaluation.metrics import Predictions

SIGNIFICANCE = 0.05
LISTED_CLIPS = 500
SubsetCounts = dict[str, int | float]
BETTER, WORSE, UNCLEAR, FIRST = "better", "worse", "unclear", "first"
# However clear the metrics are: so few voices say nothing about others.
TOO_FEW_VOICES = "too_few_voices"


@dataclass(frozen=True)
class Rules:
    """Drops are percentage points; ``speed_factor`` is how many times the time per clip it may take."""

    recall_drop: float
    accuracy_drop: float
    noisy_drop: float
    speed_factor: float


def compare_predictions(
    candidate: Mapping[str, Predictions],
    active: Mapping[str, Predictions],
    names: Sequence[str],
    labels: Sequence[str],
) -> dict[str, Any]:
    """What the candidate gets right that the version in service does not, and the other way round."""
    new, old = candidate["clean"], active["clean"]
    new_label, old_label = new.scores.argmax(axis=1), old.scores.argmax(axis=1)
    new_right, old_right = new_label == new.truth, old_label == new.truth
    gained = int((new_right & ~old_right).sum())
    lost = int((old_right & ~new_right).sum())
    changed = [
        {
            "clip": names[number],
            "speaker": new.speakers[number],
            "label": labels[new.truth[number]],
            "before": labels[old_label[number]],
            "after": labels[new_label[number]],
        }
        for number in np.flatnonzero(new_label != old_label).tolist()
    ]
    # First what was won or lost; a change from one wrong label to another matters least.
    changed.sort(key=lambda each: each["label"] not in (each["before"], each["after"]))
    return {
        "mcnemar": {"gained": gained, "lost": lost, "p": round(mcnemar_p(gained, lost), 6)},
        "difference": _difference(new_right, old_right, new.speakers),
        "changed": changed[:LISTED_CLIPS],
        "n_changed": len(changed),
    }


def compare_subset(
    candidate: Predictions, active: Predictions, names: Sequence[str], wanted: Set[str]
) -> SubsetCounts | None:
    """How often both are right about some of the clips; None when those are none, or all there are."""
    chosen = np.array([name in wanted for name in names], dtype=bool)
    if not chosen.any() or chosen.all():
        return None
    new, old = ((each.scores.argmax(axis=1) == each.truth)[chosen] for each in (candidate, active))
    return {
        "clips": int(chosen.sum()),
        "speakers": len({speaker for speaker, each in zip(candidate.speakers, chosen, strict=True) if each}),
        "before": round(float(old.mean()), 4),
        "after": round(float(new.mean()), 4),
        "gained": int((new & ~old).sum()),
        "lost": int((old & ~new).sum()),
    }


def mcnemar_p(gained: int, lost: int) -> float:
    """The exact two-sided chance of so uneven a split of the clips on which two versions differ."""
    n = gained + lost
    fewer = sum(comb(n, k) for k in range(min(gained, lost) + 1))
    return min(1.0, float(2 * fewer / 2**n))


def judge(found: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """The verdict: ``outcome``, whether it ``passes``, and ``reasons`` as codes with their values."""
    if "active" not in found:
        return {"outcome": FIRST, "passes": True, "reasons": [{"code": "nothing_in_service"}]}
    outcome = _outcome(found)
    broken = [*_drops(found, rules), *_slower(found, rules)]
    reasons: list[dict[str, Any]] = [{"code": outcome, **_evidence(found)}]
    if found.get("from_people"):
        reasons.append({"code": "from_people", **found["from_people"]})
    reasons += broken
    if found["split"] != "test":
        reasons.append({"code": "small_test_split"})
    return {"outcome": outcome, "passes": outcome != WORSE and not broken, "reasons": reasons}


def current_outcome(verdict: Mapping[str, Any]) -> str:
    """The outcome by today's rules: earlier runs also judged on too few speakers."""
    evidence = verdict["reasons"][0] if verdict["reasons"] else {}
    few = evidence.get("speakers", ENOUGH_SPEAKERS) < ENOUGH_SPEAKERS
    return TOO_FEW_VOICES if few else str(verdict["outcome"])


def _outcome(found: Mapping[str, Any]) -> str:
    """Better or worse only if the tests over clips and over speakers agree, and there are enough speakers."""
    if found["candidate"]["speakers"] < ENOUGH_SPEAKERS:
        return TOO_FEW_VOICES
    low, high = found["difference"]["interval_95"]
    test = found["mcnemar"]
    if test["p"] < SIGNIFICANCE and test["gained"] > test["lost"] and low > 0:
        return BETTER
    if test["p"] < SIGNIFICANCE and test["lost"] > test["gained"] and high < 0:
        return WORSE
    return UNCLEAR


def _evidence(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "difference": found["difference"],
        "interval_by": found["difference"]["interval_by"],
        "p": found["mcnemar"]["p"],
        "gained": found["mcnemar"]["gained"],
        "lost": found["mcnemar"]["lost"],
        "clips": found["candidate"]["clips"],
        "speakers": found["candidate"]["speakers"],
    }


def _drops(found: Mapping[str, Any], rules: Rules) -> list[dict[str, Any]]:
    new, old = found["candidate"], found["active"]
    pairs = [
        ("accuracy_fell", "", new["accuracy"], old["accuracy"], rules.accuracy_drop),
        ("noisy_fell", "", new["noisy"], old["noisy"], rules.noisy_drop),
        *(
            ("recall_fell", label, each["recall"], old["labels"][label]["recall"], rules.recall_drop)
            for label, each in new["labels"].items()
        ),
    ]
    broken = []
    for code, label, after, before, allowed in pairs:
        fell = 100 * (before["value"] - after["value"])
        if fell > allowed + 1e-9:
            values = {"before": before["value"], "after": after["value"], "allowed": allowed}
            broken.append({"code": code, **values, **({"label": label} if label else {})})
    return broken


def _slower(found: Mapping[str, Any], rules: Rules) -> list[dict[str, Any]]:
    after, before = found["speed_ms"]["candidate"], found["speed_ms"]["active"]
    if after <= rules.speed_factor * before:
        return []
    return [{"code": "slower", "before": before, "after": after, "allowed": rules.speed_factor}]


def _difference(new_right: Any, old_right: Any, speakers: Sequence[str]) -> dict[str, Any]:
    """Accuracy after less accuracy before, with its bootstrap interval over speakers or clips."""
    samples = resample(speakers)
    n_units = samples.weights.shape[1]
    clips = np.bincount(samples.unit, minlength=n_units).astype(float)
    gain = np.bincount(samples.unit, weights=new_right.astype(float) - old_right, minlength=n_units)
    value = float(gain.sum() / clips.sum())
    spread = (samples.weights @ gain) / (samples.weights @ clips)
    interval = interval_95(value, spread, clips.sum(), signed=True)
    return {"value": round(value, 4), "interval_95": interval, "interval_by": samples.by}
