"""The stages of a run in their order: what people read, how much of the way each is, and who does it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

CHECKING, DECODING, LISTENING, TRAINING = "checking", "decoding", "listening", "training"
EXPORTING, EVALUATING = "exporting", "evaluating"


@dataclass(frozen=True)
class Stage:
    """``percent`` of the whole run by what is trained; the last percent is the worker's.

    ``state`` is the run's state meanwhile. ``step`` names the function of ``training.runs.steps`` with which
    the training process begins the stage; that module loads torch, which this one must not.
    """

    name: str
    text: Promise
    state: str
    percent: Mapping[str, int]
    step: str = ""


STAGES = (
    Stage(
        CHECKING,
        gettext_lazy("Checking the snapshot's files"),
        "preparing",
        {"head": 2, "top": 2, "all": 2},
    ),
    Stage(
        DECODING,
        gettext_lazy("Reading the sound"),
        "preparing",
        {"head": 3, "top": 3, "all": 3},
        "decode",
    ),
    # The frozen layers run over every clip; then the Trainer, or the head's optimiser, reports by itself.
    Stage(
        LISTENING,
        gettext_lazy("Listening to every clip once"),
        "preparing",
        {"head": 73, "top": 30, "all": 0},
        "train",
    ),
    Stage(
        TRAINING,
        gettext_lazy("Learning"),
        "training",
        {"head": 2, "top": 45, "all": 80},
    ),
    Stage(
        EXPORTING,
        gettext_lazy("Writing the new version"),
        "evaluating",
        {"head": 6, "top": 6, "all": 5},
        "export",
    ),
    Stage(
        EVALUATING,
        gettext_lazy("Comparing it with the version in service"),
        "evaluating",
        {"head": 13, "top": 13, "all": 9},
        "evaluate",
    ),
)
BY_NAME: Mapping[str, Stage] = {stage.name: stage for stage in STAGES}


def overall_progress(name: str, share: float, trained: str) -> float:
    """How much of the whole run is done, from 0 to 1, when ``share`` of a stage is."""
    stage = BY_NAME[name]
    before = sum(each.percent[trained] for each in STAGES[: STAGES.index(stage)])
    return round((before + stage.percent[trained] * min(1.0, share)) / 100, 4)
