"""What training needs beyond serving, for the commands that cannot start without it."""

from importlib.util import find_spec

from django.core.management.base import CommandError

NEEDED = (
    "torch",
    "torchaudio",
    "transformers",
    "safetensors",
    "pydantic",
    "onnx",
    "accelerate",
    "matplotlib",
    "scipy",
)


def missing_libraries() -> list[str]:
    """What an installation lacks that was made to serve alone (``EXTRAS=serving``)."""
    return [name for name in NEEDED if find_spec(name) is None]


def require_training_libraries() -> None:
    """Refuse a command on an installation that was made to serve alone (``EXTRAS=serving``)."""
    if missing := missing_libraries():
        raise CommandError(
            f"This installation can serve but not train: it has no {', '.join(missing)}. "
            "Run `make setup EXTRAS=training`, then the command again."
        )
