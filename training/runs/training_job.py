"""The input of the training process, written by its worker, and the names of the files between them."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

JOB, RESULT, VERSION = "job.json", "result.json", "version"


@dataclass(frozen=True)
class TrainingJob:
    """Folders, settings and limits of one run; ``active`` is what serves now.

    ``from_people`` are the names of clips outside the training split that came from no corpus.
    """

    task: str
    labels: list[str]
    snapshot: str
    start: str
    work: str
    hyperparameters: dict[str, Any]
    lineage: dict[str, Any]
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
