"""Distributed training as torchrun starts it: the main process writes, the others read."""

from contextlib import AbstractContextManager, nullcontext

import torch
from accelerate import PartialState  # type: ignore[import-untyped]  # it brings none
from torch.distributed import is_torchelastic_launched


def main_process_first() -> AbstractContextManager[None]:
    """The others enter when the main process has left, and find what it wrote."""
    if not is_distributed():
        return nullcontext()
    found: AbstractContextManager[None] = _state().main_process_first()
    return found


def is_distributed() -> bool:
    """Whether torchrun started this process."""
    return bool(is_torchelastic_launched())


def is_main_process() -> bool:
    return not is_distributed() or bool(_state().is_main_process)


def _state() -> PartialState:
    return PartialState(cpu=not torch.cuda.is_available())
