"""Where libraries may keep what they remember: below ``DATA_DIR``, like all that the site writes."""

import os
from pathlib import Path


def keep_caches_in(folder: Path) -> None:
    """Fonts, downloads and compiled code; each library makes its folder when it needs one."""
    # matplotlib, huggingface_hub, torch and many others follow this convention.
    os.environ["XDG_CACHE_HOME"] = os.environ["XDG_CONFIG_HOME"] = str(folder)
    os.environ["TRITON_HOME"] = str(folder)
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(folder / "torchinductor")
    os.environ["CUDA_CACHE_PATH"] = str(folder / "cuda")
