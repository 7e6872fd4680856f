"""The settings of a training run, in one place; saved with the run."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    TypeAdapter,
    ValidationError,
)

from training.exceptions import CorpusRefused
from training.fitting.augmentation import AugmentationSettings, Share


@dataclass(frozen=True)
class Hyperparameters:
    """Settings of a fine-tuning.

    ``trained`` is what learns: ``all`` but the front end, the ``top`` with ``top_layers`` layers and the
    head, or the ``head`` alone. The frozen layers of the last two run once per clip and copy: as it is, then
    augmented. ``vote_weight`` is the share of the listeners' votes in the targets; ``start_weight``, for a
    head alone, that of the predictions of the model before: it forgets less (learning without forgetting, Li
    and Hoiem 2016, doi:10.1007/978-3-319-46493-0_37). Of the shares tried on CREMA-D's validation voices,
    half of them in a hall, 0.3 kept most of the recalls and of what the hall taught.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    trained: Literal["all", "top", "head"] = "all"
    top_layers: PositiveInt = 3
    copies: PositiveInt = 4
    epochs: PositiveInt = 12
    batch_size: PositiveInt = 32
    learning_rate: PositiveFloat = 1e-4
    head_learning_rate: PositiveFloat = 5e-4
    weight_decay: NonNegativeFloat = 0.01
    # Weight decay of a head that is trained alone, towards its weights before.
    head_decay: NonNegativeFloat = 0.02
    warmup_share: Share = 0.1
    max_gradient_norm: PositiveFloat = 1.0
    # The shipped model was pretrained without dropout: a few strong channels carry it, and must not drop out.
    dropout: Share = 0.0
    attention_dropout: Share = 0.1
    vote_weight: Share = 0.2
    start_weight: Share = 0.3
    longest_clip_s: PositiveFloat = 5.0
    averaged_epochs: PositiveInt = 3
    augmentation: AugmentationSettings = field(default_factory=AugmentationSettings)

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a JSON file that names only what differs.

        Raises CorpusRefused ``unreadable_config``, ``unknown_setting`` or ``bad_setting``, which name each
        setting at fault.
        """
        try:
            return TypeAdapter(cls).validate_json(path.read_bytes())
        except OSError as error:
            raise CorpusRefused("unreadable_config", "The configuration cannot be read.") from error
        except ValidationError as error:
            raise _refusal(error) from error

    def write(self, path: Path) -> None:
        """As JSON, every setting."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def _refusal(error: ValidationError) -> CorpusRefused:
    faults = {".".join(map(str, each["loc"])): each for each in error.errors()}
    if "" in faults:
        return CorpusRefused("unreadable_config", f"The configuration cannot be read: {faults['']['msg']}.")
    if unknown := [name for name, each in faults.items() if each["type"] == "unexpected_keyword_argument"]:
        return CorpusRefused("unknown_setting", f"There is no setting {', '.join(unknown)}.")
    details = "; ".join(f"{name}: {each['msg']}" for name, each in faults.items())
    return CorpusRefused("bad_setting", f"The configuration has settings that cannot be used. {details}.")
