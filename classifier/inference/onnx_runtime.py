"""The one import of ONNX Runtime; ``tests/test_architecture.py`` fails where another module imports it.

It sends telemetry as soon as it is imported, unless the environment forbade it before.
Whoever imports this module has passed ``emotion_site/offline.py``, which does.
"""

from types import ModuleType

import onnxruntime as onnxruntime


def quantization() -> ModuleType:
    """Its tools that make models smaller. They need the libraries of training."""
    from onnxruntime import quantization as tools

    module: ModuleType = tools
    return module
