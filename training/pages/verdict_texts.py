"""The verdict of the gate in plain sentences, and the table of metrics beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.defaultfilters import filesizeformat, floatformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from annotations.agreement.coefficients import ENOUGH_SPEAKERS
from classifier.templatetags.numbers import percent
from training.evaluation.bootstrap import CLIPS, SPEAKERS
from training.evaluation.gate import TOO_FEW_VOICES, current_outcome

Names = Mapping[str, str]

OUTCOMES = {
    "better": gettext_lazy("The new version is better."),
    "worse": gettext_lazy("The new version is worse."),
    "unclear": gettext_lazy("Nobody can tell from these clips whether the new version is better or worse."),
    "too_few_voices": gettext_lazy(
        "These are too few voices to tell whether the new version is better or worse."
    ),
    "first": gettext_lazy("It is the first version, so there is nothing to compare it with."),
}
FEW_VOICES = gettext_lazy(
    "Fewer than %(enough)d voices say nothing about all the others. Have clips of more voices decided, then "
    "train again."
)


def outcome_text(verdict: Mapping[str, Any]) -> str:
    return str(OUTCOMES[current_outcome(verdict)])


def reason_texts(verdict: Mapping[str, Any], names: Names) -> list[str]:
    """One sentence per reason, the weightiest first."""
    sentences = [
        _sentence(reason, names) for reason in verdict["reasons"] if reason["code"] != "nothing_in_service"
    ]
    if current_outcome(verdict) == TOO_FEW_VOICES:
        sentences.insert(1, FEW_VOICES % {"enough": ENOUGH_SPEAKERS})
    return sentences


def rule_texts(rules: Mapping[str, Any]) -> list[str]:
    """The rules of the gate, in plain sentences."""
    allowed = {name: _points(rules[f"{name}_drop"]) for name in ("recall", "accuracy", "noisy")}
    times = {"times": floatformat(rules["speed_factor"], -1)}
    return [
        _("Accuracy may fall by %(accuracy)s, in noise by %(noisy)s.") % allowed,
        _("The recall of no label may fall by more than %(recall)s.") % allowed,
        _("A clip may take %(times)s times as long.") % times,
    ]


def _points(number: float) -> str:
    """As many percentage points as a rule allows, such as ``1 point`` or ``2.5 points``."""
    text = ngettext("%(number)s point", "%(number)s points", 1 if number == 1 else 2)
    return text % {"number": floatformat(number, -1)}


def _sentence(reason: Mapping[str, Any], names: Names) -> str:
    code = reason["code"]
    if code in OUTCOMES:
        return _evidence(reason)
    if code == "from_people":
        return _of_people(reason)
    if code == "small_test_split":
        return _(
            "The test split is too small, so the validation voices were used instead. They also decided "
            "when to stop training, which flatters the new version."
        )
    if code == "slower":
        values = {name: floatformat(reason[name], 1) for name in ("before", "after", "allowed")}
        return (
            _(
                "It takes %(after)s ms for a clip of 3 seconds instead of %(before)s; at most %(allowed)s "
                "times as much is allowed."
            )
            % values
        )
    values = {
        "before": percent(100 * reason["before"], 1),
        "after": percent(100 * reason["after"], 1),
        "allowed": _points(reason["allowed"]),
        "label": names.get(reason.get("label", ""), reason.get("label", "")),
    }
    return _FELL[code] % values


_FELL = {
    "accuracy_fell": gettext_lazy(
        "Accuracy falls from %(before)s to %(after)s, more than the rules allow (%(allowed)s)."
    ),
    "noisy_fell": gettext_lazy(
        "Accuracy in noise falls from %(before)s to %(after)s, more than the rules allow (%(allowed)s)."
    ),
    "recall_fell": gettext_lazy(
        "%(label)s is found in %(after)s of its clips instead of %(before)s, a larger fall than the rules "
        "allow (%(allowed)s)."
    ),
}


def _evidence(reason: Mapping[str, Any]) -> str:
    n_clips, n_voices = reason["clips"], reason["speakers"]
    values = {
        "gained": reason["gained"],
        "lost": reason["lost"],
        "clips": ngettext("%(count)d clip", "%(count)d clips", n_clips) % {"count": n_clips},
        "voices": ngettext("%(count)d voice", "%(count)d voices", n_voices) % {"count": n_voices},
        "points": signed(100 * reason["difference"]["value"]),
    }
    sentence = (
        _(
            "Of %(clips)s of %(voices)s that neither version learned from, it gets %(gained)d right that "
            "were wrong before, and %(lost)d wrong that were right: %(points)s points of accuracy"
        )
        % values
    )
    return f"{sentence} {_interval(reason)}".rstrip() + "."


def _interval(reason: Mapping[str, Any]) -> str:
    """Empty for an earlier run that resampled too few speakers for a valid interval."""
    low, high = (signed(100 * edge) for edge in reason["difference"]["interval_95"])
    by = reason.get("interval_by", SPEAKERS)
    if by == CLIPS:
        text = ngettext(
            "(95%% sure for other clips of the same voice: between %(low)s and %(high)s)",
            "(95%% sure for other clips of the same voices: between %(low)s and %(high)s)",
            reason["speakers"],
        )
    elif reason["speakers"] < ENOUGH_SPEAKERS:
        return ""
    else:
        text = _("(95%% sure: between %(low)s and %(high)s)")
    return text % {"low": low, "high": high}


def _of_people(reason: Mapping[str, Any]) -> str:
    n_clips, n_voices = reason["clips"], reason["speakers"]
    values = {
        "clips": ngettext("%(count)d clip", "%(count)d clips", n_clips) % {"count": n_clips},
        "voices": ngettext("%(count)d voice", "%(count)d voices", n_voices) % {"count": n_voices},
        "gained": reason["gained"],
        "lost": reason["lost"],
        **{name: percent(100 * reason[name], 1) for name in ("before", "after")},
    }
    return (
        _(
            "Of the %(clips)s among them that people sent here, of %(voices)s, it gets %(after)s right "
            "instead of %(before)s (%(gained)d won, %(lost)d lost)."
        )
        % values
    )


def signed(points: float, decimals: int = 1) -> str:
    sign = "+" if round(points, decimals) > 0 else "\N{MINUS SIGN}" if round(points, decimals) < 0 else "±"
    return sign + floatformat(abs(points), decimals)


@dataclass(frozen=True)
class MetricRow:
    """One line of the comparison; what is empty could not be measured."""

    name: str
    after: str
    before: str
    change: str
    direction: str  # better, worse or same


def metric_rows(figures: Mapping[str, Any], names: Names) -> list[MetricRow]:
    new, old = figures["candidate"], figures.get("active")
    shares = [
        (_("Accuracy"), "accuracy"),
        (_("Accuracy in noise"), "noisy"),
        (_("Mean recall"), "mean_recall"),
    ]
    rows = [_share(name, new[key], old and old[key]) for name, key in shares]
    rows.append(
        _share(_("Calibration error"), new["calibration_error"], old and old["calibration_error"], sign=-1)
    )
    # The order of the labels is the task's: PostgreSQL keeps objects with their keys sorted.
    present = {key for key, line in zip(names, new["confusion"], strict=False) if sum(line)}
    for key, label in names.items():
        name = _("Recall of %(label)s") % {"label": label}
        recall = new["labels"][key]["recall"] if key in present else None
        rows.append(_share(name, recall, old and old["labels"][key]["recall"]))
    for key, label in names.items() if "noisy_recall" in new else ():
        name = _("Recall of %(label)s in noise") % {"label": label}
        recall = new["noisy_recall"][key] if key in present else None
        rows.append(_share(name, recall, old and old["noisy_recall"][key]))
    speed, size = figures.get("speed_ms", {}), figures.get("size_bytes", {})
    if "candidate" in speed:
        rows.append(_plain(_("Milliseconds for 3 seconds"), speed, lambda value: str(floatformat(value, 1))))
    if "candidate" in size:
        rows.append(_plain(_("Size on disk"), size, filesizeformat))
    return rows


def _share(name: str, new: Any, old: Any, sign: int = 1) -> MetricRow:
    if new is None:  # of a label that no clip had
        return MetricRow(name, "", "", "", "same")
    after = percent(100 * new["value"], 1)
    if old is None:
        return MetricRow(name, after, "", "", "same")
    points = 100 * (new["value"] - old["value"])
    good = round(sign * points, 1)
    direction = "better" if good > 0 else "worse" if good < 0 else "same"
    return MetricRow(name, after, percent(100 * old["value"], 1), signed(points), direction)


def _plain(name: str, values: Mapping[str, float], written: Any) -> MetricRow:
    before = written(values["active"]) if "active" in values else ""
    return MetricRow(name, written(values["candidate"]), before, "", "same")
