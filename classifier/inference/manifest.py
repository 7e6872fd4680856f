"""The description of a model version: the content of its ``manifest.json``."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from classifier.audio.waveform import SAMPLE_RATE
from classifier.inference.exceptions import VersionRefused
from classifier.inference.windows import HOP_S, WINDOW_S
from emotion_site.storage.atomic_write import replacing_file

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """Describes a version's folder; ``files`` maps every other file's name to its SHA-256.

    ``window_s`` and ``hop_s`` are seconds, ``sample_rate`` is in Hz, logits are divided by
    ``temperature``, ``origin`` is where the weights came from and ``metrics`` how good they are.
    """

    task: str
    labels: tuple[str, ...]
    serving_file: str
    files: Mapping[str, str]
    parameters: int
    created: str
    origin: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    sample_rate: int = SAMPLE_RATE
    window_s: float = WINDOW_S
    hop_s: float = HOP_S
    temperature: float = 1.0
    format: int = FORMAT

    def __post_init__(self) -> None:
        if self.format != FORMAT:
            raise VersionRefused("unknown_format", "This version was written by a newer release of the site.")
        if len(self.labels) < 2 or len(set(self.labels)) != len(self.labels):
            raise VersionRefused("wrong_labels", "The version needs two or more different labels.")
        if not (0 < self.hop_s <= self.window_s and self.temperature > 0 and self.sample_rate > 0):
            raise VersionRefused("wrong_manifest", "The version's window, hop or temperature makes no sense.")
        if self.serving_file not in self.files:
            raise VersionRefused("wrong_manifest", "The version does not list the file that serves.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def parse_manifest(text: str) -> Manifest:
    """Raises VersionRefused when the text is not a manifest that this release understands."""
    try:
        content = json.loads(text)
        content["labels"] = tuple(str(label) for label in content["labels"])
        content["files"] = {str(name): str(digest) for name, digest in content["files"].items()}
        content["window_s"] = float(content["window_s"])
        content["hop_s"] = float(content["hop_s"])
        content["temperature"] = float(content["temperature"])
        return Manifest(**content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise VersionRefused("wrong_manifest", "The version's manifest.json cannot be read.") from error


def read_manifest(folder: Path) -> Manifest:
    """Raises VersionRefused when the folder has no readable manifest."""
    try:
        text = (folder / MANIFEST).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise VersionRefused("missing_file", f"The version has no readable {MANIFEST}.") from error
    return parse_manifest(text)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    text = json.dumps(manifest.as_dict(), indent=2, sort_keys=True, ensure_ascii=False)
    # Beside the folder, where a kill leaves nothing that does not belong to the version.
    beside = folder.with_name(f".{folder.name}.{MANIFEST}")
    with replacing_file(folder / MANIFEST, beside=beside) as partial:
        partial.write_text(f"{text}\n", encoding="utf-8")
