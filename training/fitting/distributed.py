"""Several processes that train one model together, as torchrun starts them: one writes, the others read."""

from contextlib import AbstractContextManager, nullcontext

import torch
from accelerate import PartialState  # type: ignore[import-untyped]  # it brings none
from torch.distributed import is_torchelastic_launched


def first_process_first() -> AbstractContextManager[None]:
    """The others enter when the first one has left, and find what it wrote."""
    if not is_one_of_several():
        return nullcontext()
    found: AbstractContextManager[None] = _state().main_process_first()
    return found


def is_one_of_several() -> bool:
    """Whether torchrun started this process."""
    return bool(is_torchelastic_launched())


def is_first_process() -> bool:
    return not is_one_of_several() or bool(_state().is_main_process)


def _state() -> PartialState:
    return PartialState(cpu=not torch.cuda.is_available())
