"""Makes a model version from a checkpoint that was trained elsewhere."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from classifier.inference.version_folder import CONFIG, PREPROCESSOR
from classifier.models import ModelVersion, Task
from classifier.predictions.registry import IMPORTING, register_version
from emotion_site.storage.unfinished import workplace
from training import torchaudio_shim
from training.datasets.corpus import read_corpus
from training.exceptions import CheckpointRefused
from training.versions.checkpoint import check_checkpoint, load_model
from training.versions.writer import Description, write_version

README = "README.md"
DOWNLOADED = [CONFIG, PREPROCESSOR, "*.safetensors", "*.safetensors.index.json", README]


def import_checkpoint(
    folder: Path,
    *,
    task: Task,
    name: str,
    renames: Mapping[str, str] | None = None,
    corpus: Path | None = None,
    follow_links: bool = False,
) -> ModelVersion:
    """Check a Wav2Vec2ForSequenceClassification folder, export it, and register the version.

    ``name`` is kept as its origin; ``renames`` maps labels of the checkpoint to labels of the task. The
    validation split of ``corpus``, out of which links lead only with ``follow_links``, sets the temperature
    and decides whether int8 serves; without it a version serves float32. Raises CheckpointRefused,
    CorpusRefused or VersionRefused, and leaves nothing behind.
    """
    labels = task.label_keys()
    checkpoint = check_checkpoint(folder, labels, renames)
    description = Description(
        task=task.slug, origin={"kind": "imported", "name": name}, model_card=_model_card(folder, name)
    )
    with _workplace() as workplace:
        target = workplace / "version"
        if corpus:
            torchaudio_shim.install()
            # Torch is loaded only now.
            from training.versions.make_version import make_version

            calibration = read_corpus(corpus, labels, follow_links=follow_links)
            make_version(calibration, workplace / "cache", checkpoint, target, description)
        else:
            write_version(target, checkpoint, load_model(checkpoint), description)
        return register_version(target, task=task, origin=ModelVersion.Origin.IMPORTED)


@contextmanager
def downloaded(name: str) -> Iterator[Path]:
    """The folder of a checkpoint fetched from the Hugging Face hub, for as long as the block runs.

    The only request that leaves the machine, made when an administrator runs the command. Raises
    CheckpointRefused when the checkpoint cannot be had.
    """
    with _workplace() as workplace:
        _download(name, workplace)
        yield workplace


def _download(name: str, folder: Path) -> None:
    from huggingface_hub import constants, snapshot_download

    constants.HF_HUB_OFFLINE = False
    try:
        snapshot_download(name, local_dir=folder, allow_patterns=DOWNLOADED)
    except Exception as error:  # The client lets errors of several libraries through.
        raise CheckpointRefused("download_failed", f"{name} could not be downloaded.") from error
    finally:
        constants.HF_HUB_OFFLINE = True


@contextmanager
def _workplace() -> Iterator[Path]:
    """An empty folder on the disk of the model versions, gone afterwards."""
    home = Path(settings.MODELS_DIR)
    home.mkdir(parents=True, exist_ok=True)
    with workplace(home, IMPORTING) as folder:
        yield folder


def _model_card(folder: Path, name: str) -> str:
    card = f"# {name}\n\nImported. It was trained elsewhere, and its quality was not measured here.\n"
    readme = folder / README
    if readme.is_file():
        card += f"\n## What its authors say\n\n{readme.read_text(encoding='utf-8', errors='replace')}"
    return card
