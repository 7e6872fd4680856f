"""What a training run can be told, in one place; saved with the run."""

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self

from training.augmentation import AugmentationSettings
from training.exceptions import CorpusRefused


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of a fine-tuning.

    ``trained`` is what learns: ``all`` but the front end, the ``top`` with ``top_layers`` layers and the
    head, or the ``head`` alone. The frozen part of the last two hears each clip once per copy: as it is, then
    augmented. ``vote_weight`` is the listeners' share in what is to be learned, and ``start_weight``, for a
    head alone, is that of the answers that the model gave before: it forgets less (learning without
    forgetting, Li and Hoiem 2016, doi:10.1007/978-3-319-46493-0_37). Of the shares tried on CREMA-D's
    validation voices, half of them in a hall, 0.3 kept most of the recalls and of what the hall taught.
    """

    seed: int = 0
    trained: Literal["all", "top", "head"] = "all"
    top_layers: int = 3
    copies: int = 4
    epochs: int = 12
    batch_size: int = 32
    learning_rate: float = 1e-4
    head_learning_rate: float = 5e-4
    weight_decay: float = 0.01
    # How firmly a head that is trained alone is held to what it knew.
    head_decay: float = 0.02
    warmup_share: float = 0.1
    max_gradient_norm: float = 1.0
    # A model grown without dropout leans on a few strong channels and falls silent when they do.
    dropout: float = 0.0
    attention_dropout: float = 0.1
    vote_weight: float = 0.2
    start_weight: float = 0.3
    longest_clip_s: float = 5.0
    averaged_epochs: int = 3
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a JSON file that names only what differs. Raises CorpusRefused for an unknown setting."""
        try:
            given: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CorpusRefused("unreadable_config", "The configuration cannot be read.") from error
        _require_known(cls, given)
        augmentation = given.pop("augmentation", {})
        _require_known(AugmentationSettings, augmentation)
        return cls(**given, augmentation=AugmentationSettings(**augmentation))

    def write(self, path: Path) -> None:
        """As JSON, every setting."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def _require_known(kind: type[Hyperparameters] | type[AugmentationSettings], given: dict[str, Any]) -> None:
    if unknown := sorted(given.keys() - {each.name for each in fields(kind)}):
        raise CorpusRefused("unknown_setting", f"There is no setting {', '.join(unknown)}.")
