"""Lets torchaudio, and with it transformers, be imported beside a torch built without CUDA.

The published torchaudio is linked against CUDA and fails to import where torch brings no CUDA
libraries. Its Python code treats a missing extension as normal, so an empty one is put in its place.
"""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

EXTENSION = "torchaudio._extension"


def install() -> None:
    """Call before the first import of transformers or torchaudio; again does nothing."""
    if EXTENSION in sys.modules or _torch_has_cuda_libraries():
        return
    extension = ModuleType(EXTENSION)
    extension.__dict__.update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, fail_if_no_align=_pass_through)
    sys.modules[EXTENSION] = extension


def _torch_has_cuda_libraries() -> bool:
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        return False
    return (Path(found.origin).parent / "lib" / "libc10_cuda.so").exists()


def _pass_through(function: Callable[..., Any]) -> Callable[..., Any]:
    return function
