"""The folder of a model version: which files it holds, their checksums, and what makes it unfit to load."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from classifier.inference.exceptions import VersionRefused
from classifier.inference.manifest import MANIFEST, Manifest, read_manifest

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
MODEL_CARD = "MODEL_CARD.md"
SERVING = "model.onnx"
SERVING_INT8 = "model.int8.onnx"
REQUIRED = (WEIGHTS, CONFIG, PREPROCESSOR)

# Formats that run code when they are opened.
PICKLE_SUFFIXES = frozenset({".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", ".npy", ".npz"})


def verify(folder: Path, checksum: str | None = None) -> Manifest:
    """Read a version's manifest and check every file against it.

    With ``checksum`` the folder must also be the very one that was registered. Raises VersionRefused
    on a missing, altered, additional, linked or pickled file and on labels that contradict each other.
    """
    _refuse_foreign_entries(folder)
    manifest = read_manifest(folder)
    digests = hash_files(folder)
    for name in sorted({*REQUIRED, *manifest.files} - digests.keys()):
        raise VersionRefused("missing_file", f"The version's file {name} is missing.")
    for name, digest in digests.items():
        if name not in manifest.files:
            raise VersionRefused("unlisted_file", f"{name} does not belong to the version.")
        if manifest.files[name] != digest:
            raise VersionRefused("altered_file", f"The version's file {name} is damaged or was changed.")
    if checksum is not None and folder_checksum(folder, digests) != checksum:
        raise VersionRefused("altered_file", f"The version's {MANIFEST} is damaged or was changed.")
    _refuse_contradictions(folder, manifest)
    return manifest


def hash_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file beside the manifest, by name."""
    digests = {}
    for path in sorted(folder.iterdir()):
        if path.name != MANIFEST:
            with path.open("rb") as file:
                digests[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return digests


def folder_checksum(folder: Path, digests: Mapping[str, str] | None = None) -> str:
    """SHA-256 over the sorted names and checksums of all files, the manifest among them.

    The manifest counts because its temperature and windows change the predictions as the weights do.
    """
    digests = dict(hash_files(folder) if digests is None else digests)
    digests[MANIFEST] = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    lines = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """Raises VersionRefused when the file is not a JSON object."""
    try:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise VersionRefused("unreadable_file", f"The version's file {name} cannot be read.") from error
    if not isinstance(content, dict):
        raise VersionRefused("unreadable_file", f"The version's file {name} is not a JSON object.")
    return content


def config_labels(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels of a transformers configuration, in the order of the model's outputs.

    Raises ValueError when they are not numbered from zero without a gap.
    """
    by_number = {int(number): str(label) for number, label in dict(config.get("id2label") or {}).items()}
    if sorted(by_number) != list(range(len(by_number))):
        raise ValueError("The labels are not numbered from 0 without a gap")
    return tuple(by_number[number] for number in range(len(by_number)))


def _refuse_foreign_entries(folder: Path) -> None:
    if not folder.is_dir():
        raise VersionRefused("missing_folder", "The version's folder does not exist.")
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or not path.is_file():
            raise VersionRefused("foreign_entry", f"{path.name} is a link or a folder, not a file.")
        if path.suffix.lower() in PICKLE_SUFFIXES:
            raise VersionRefused("pickle", f"{path.name} is of a kind that can run code when it is opened.")


def _refuse_contradictions(folder: Path, manifest: Manifest) -> None:
    try:
        labels = config_labels(read_json(folder, CONFIG))
    except (TypeError, ValueError) as error:
        raise VersionRefused("wrong_labels", f"The labels in {CONFIG} cannot be read.") from error
    if labels != manifest.labels:
        raise VersionRefused("wrong_labels", f"The labels in {CONFIG} and in {MANIFEST} differ.")
    if read_json(folder, PREPROCESSOR).get("sampling_rate") != manifest.sample_rate:
        raise VersionRefused("wrong_sample_rate", "The version's files name different sample rates.")
