"""What a worker hands to the process that trains, and the stages that this goes through."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

JOB, RESULT, VERSION = "job.json", "result.json", "version"
DECODING, LISTENING, TRAINING = "decoding", "listening", "training"
EXPORTING, EVALUATING = "exporting", "evaluating"
# Where each stage begins on the way from 0 to 1, by what is trained; the rest is the worker's.
BEGINNINGS: Mapping[str, Mapping[str, float]] = {
    "head": {DECODING: 0.02, LISTENING: 0.05, TRAINING: 0.78, EXPORTING: 0.8, EVALUATING: 0.86},
    "top": {DECODING: 0.02, LISTENING: 0.05, TRAINING: 0.35, EXPORTING: 0.8, EVALUATING: 0.86},
    "all": {DECODING: 0.02, LISTENING: 0.05, TRAINING: 0.05, EXPORTING: 0.85, EVALUATING: 0.9},
}
END = 0.99


@dataclass(frozen=True)
class Job:
    """Folders, settings and limits of one run; ``active`` is what serves now.

    ``from_people`` are the names of the clips to judge by that came from no corpus.
    """

    task: str
    labels: list[str]
    snapshot: str
    start: str
    work: str
    hyperparameters: dict[str, Any]
    origin: dict[str, Any]
    model_card: str
    active: str | None = None
    from_people: list[str] = field(default_factory=list)
    noises: str | None = None
    rooms: str | None = None
    threads: int = 1
    memory_bytes: int = 0

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def write(self) -> Path:
        path = Path(self.work) / JOB
        path.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        return path

    def overall(self, stage: str, share: float) -> float:
        """How much of the whole run is done when ``share`` of a stage is."""
        begins = BEGINNINGS[self.hyperparameters["trained"]]
        later = [begin for begin in begins.values() if begin > begins[stage]]
        return begins[stage] + (min([*later, END]) - begins[stage]) * min(1.0, share)
