"""The model versions of this site: adding one from a folder, and putting one into service."""

import logging
import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from classifier.events import version_activated
from classifier.inference.exceptions import VersionRefused
from classifier.inference.hot_reload import TESTED_S
from classifier.inference.manifest import Manifest
from classifier.inference.session import Engine
from classifier.inference.version_folder import folder_checksum, verify
from classifier.models import ModelVersion, Task
from emotion_site.models import User
from emotion_site.storage.unfinished import remove_workplaces, workplace

logger = logging.getLogger(__name__)

# Folders that are put together below that of the versions; nobody else would remove what a kill leaves.
INCOMING, IMPORTING = ".incoming-", ".import-"
SHIPPED_MODEL = Path(__file__).parents[1] / "shipped_model"


def folder_of(version: ModelVersion) -> Path:
    return Path(settings.MODELS_DIR) / version.folder


def register_version(folder: Path, *, task: Task, origin: ModelVersion.Origin) -> ModelVersion:
    """Copy a version's folder to the site's own and give it the task's next number.

    A folder that was registered before, by checksum, is the same version; its files are put back if
    they were lost or damaged. Raises VersionRefused, leaving nothing behind, when the folder is not fit
    to serve.
    """
    manifest = verify(folder)
    _require_labels(manifest, task)
    known = _known(folder, task)
    if known is not None and known.status == ModelVersion.Status.READY and is_whole(known):
        # Before anything is copied: the site also starts while the disk is full.
        return known
    home = Path(settings.MODELS_DIR) / task.slug
    home.mkdir(parents=True, exist_ok=True)
    with workplace(home, INCOMING) as place:
        copy = place / "copy"
        shutil.copytree(folder, copy, copy_function=shutil.copyfile)
        copy.chmod(0o755)
        return _add(copy, home, manifest=manifest, task=task, origin=origin)


def activate_version(
    version: ModelVersion,
    *,
    actor: User | None = None,
    reason: str = "",
    is_rollback: bool = False,
    instead_of: int | None = None,
) -> None:
    """Put a version into service; every server process notices within two seconds.

    ``instead_of`` is the key of the version that the person saw in service. Raises VersionRefused, and the
    version in service stays, when that is another one by now, or when the new one is damaged or fails on a
    known waveform.
    """
    if version.status != ModelVersion.Status.READY:
        raise VersionRefused("not_ready", "This version did not pass its checks.")
    # It is only tested here, often in a process that serves people; the other cores are theirs.
    engine = Engine.load(folder_of(version), threads=1, checksum=version.checksum)
    engine.self_test()
    _require_labels(engine.manifest, version.task)
    with transaction.atomic():
        _lock(version.task)
        previous = ModelVersion.objects.active(version.task.slug).first()
        _require_unchanged(version, previous, instead_of)
        # The old one steps back first: at no moment may the constraint see two.
        ModelVersion.objects.active(version.task.slug).exclude(pk=version.pk).update(is_active=False)
        version.is_active = True
        version.activated_at = timezone.now()
        version.save(update_fields=["is_active", "activated_at"])
        if previous is None or previous.pk != version.pk:
            version_activated.send(
                sender=ModelVersion,
                version=version,
                previous=previous,
                actor=actor,
                reason=reason,
                is_rollback=is_rollback,
            )
    logger.info("Model version activated version=%s actor=%s", version.pk, actor and actor.pk)


def remove_files(version: ModelVersion) -> None:
    """Remove the files of a version that is not in service; its row goes on explaining its predictions.

    Raises VersionRefused when it is in service.
    """
    with transaction.atomic():
        _lock(version.task)
        version.refresh_from_db()
        if version.is_active:
            raise VersionRefused("in_service", "The version in service cannot be deleted.")
        version.status = ModelVersion.Status.REMOVED
        version.save(update_fields=["status"])
        folder = folder_of(version)
        transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))
    logger.info("Model version removed version=%s", version.pk)


def register_shipped_model() -> ModelVersion:
    """Register the version that ships with the site, and activate it over none or an older shipped one.

    A version that somebody already replaced stays out of service, and one that was deleted stays away while
    another serves. One in service is loaded, so that it does serve. Raises VersionRefused when the
    shipped files are damaged.
    """
    verify(SHIPPED_MODEL)
    task = Task.objects.get(slug="emotion")
    active = ModelVersion.objects.active(task.slug).first()
    known = _known(SHIPPED_MODEL, task)
    if active is not None and known is not None and known.status == ModelVersion.Status.REMOVED:
        return known
    version = register_version(SHIPPED_MODEL, task=task, origin=ModelVersion.Origin.SHIPPED)
    outdated = active is not None and active.origin == ModelVersion.Origin.SHIPPED
    if active is None or (outdated and version.activated_at is None):
        activate_version(version)
    elif version.is_active:
        Engine.load(folder_of(version), threads=1, checksum=version.checksum).self_test(longest_s=TESTED_S)
    return version


@transaction.atomic
def _add(
    copy: Path, home: Path, *, manifest: Manifest, task: Task, origin: ModelVersion.Origin
) -> ModelVersion:
    _lock(task)
    known = _known(copy, task)
    if known is not None:
        if not is_whole(known):
            _replace(folder_of(known), copy)
        if known.status == ModelVersion.Status.REMOVED:
            known.status = ModelVersion.Status.READY
            known.save(update_fields=["status"])
        return known
    number = _next_number(task, home)
    version = ModelVersion.objects.create(
        task=task,
        number=number,
        origin=origin,
        folder=f"{task.slug}/{number}",
        checksum=folder_checksum(copy),
        manifest=manifest.as_dict(),
    )
    # Last, so that a row that cannot be written leaves no folder.
    copy.rename(folder_of(version))
    logger.info("Model version registered version=%s number=%s", version.pk, number)
    return version


def is_whole(version: ModelVersion) -> bool:
    """Whether the version's files are those that were registered."""
    try:
        verify(folder_of(version), version.checksum)
    except (VersionRefused, OSError) as error:
        logger.error("The files of model version %s cannot be used reason=%s", version.pk, error)
        return False
    return True


def _replace(damaged: Path, copy: Path) -> None:
    """Put a good copy in the place of a folder that is damaged or lost."""
    with suppress(FileNotFoundError):
        damaged.rename(copy.with_name("damaged"))
    copy.rename(damaged)
    logger.warning("The files of a model version were put back folder=%s", damaged.name)


def remove_interrupted_copies() -> None:
    """Remove what a process that was killed had copied of a version, or of a checkpoint."""
    home = Path(settings.MODELS_DIR)
    remove_workplaces(home, IMPORTING)
    for folder in home.glob("*/"):
        remove_workplaces(folder, INCOMING)


def _known(folder: Path, task: Task) -> ModelVersion | None:
    return ModelVersion.objects.filter(task=task, checksum=folder_checksum(folder)).first()


def _require_unchanged(version: ModelVersion, previous: ModelVersion | None, instead_of: int | None) -> None:
    """Of two people who decide at the same moment one wins, and the other sees why."""
    current = ModelVersion.objects.get(pk=version.pk)
    if current.status != ModelVersion.Status.READY:
        raise VersionRefused("not_ready", "This version was deleted meanwhile.")
    if instead_of is not None and (previous is None or previous.pk != instead_of):
        raise VersionRefused("changed_meanwhile", "Another version came into service meanwhile.")


def _lock(task: Task) -> None:
    """Lock the task's row, so that versions are numbered and activated one at a time."""
    Task.objects.select_for_update().get(pk=task.pk)


def _next_number(task: Task, home: Path) -> int:
    """One more than any row or folder has: a folder can outlive its row when the machine goes down."""
    rows = ModelVersion.objects.filter(task=task).values_list("number", flat=True)
    folders = [int(path.name) for path in home.iterdir() if path.name.isdigit()]
    return max([0, *rows, *folders]) + 1


def _require_labels(manifest: Manifest, task: Task) -> None:
    labels = tuple(task.label_keys())
    if manifest.task != task.slug:
        raise VersionRefused("wrong_task", f"The version is for the task {manifest.task}.")
    if manifest.labels != labels:
        raise VersionRefused("wrong_labels", "The version's labels are not those of the task.")
