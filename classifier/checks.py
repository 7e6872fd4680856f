"""What can be wrong with the model and the decoder of a deployment.

Those that take a while run where Django looks at the database too: with ``migrate`` and ``doctor``.
"""

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register
from django.db import DatabaseError

from classifier.audio.exceptions import AudioRejected
from classifier.audio.flac import encode_flac
from classifier.audio.limits import Limits
from classifier.audio.quarantine.pool import DecoderPool
from classifier.audio.quarantine.process import sandbox_layers
from classifier.audio.waveform import SAMPLE_RATE
from classifier.inference.exceptions import VersionRefused
from classifier.inference.session import known_waveform
from classifier.inference.version_folder import verify
from classifier.models import ModelVersion
from classifier.predictions.registry import folder_of
from emotion_site.checks import DOCTOR

# Names of the layers of the decoder's sandbox (`audio/quarantine/sandbox`) for administrators.
LAYERS = {
    "identity": "an account without rights",
    "privileges": "no rights of root",
    "network": "an empty network",
    "folder": "an empty root folder",
    "landlock": "Landlock",
    "calls": "few system calls (seccomp)",
    "descriptors": "no new files or processes",
}


@register(Tags.database)
def version_in_service_is_whole(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if not databases:
        return []
    try:
        versions = list(ModelVersion.objects.filter(is_active=True))
    except DatabaseError:  # not there, or not migrated yet, which others report
        return []
    return [problem for version in versions for problem in _file_problems(version)]


@register(Tags.files)
def models_folder_is_writable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    folder = settings.MODELS_DIR
    if not folder.exists() or os.access(folder, os.W_OK):
        return []
    return [
        Warning(
            "The folder of the model versions cannot be written to, so no new version can be registered.",
            hint=f"Give the site's user write access to {folder}.",
            id="classifier.W002",
        )
    ]


@register(Tags.database)
def decoder_starts(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    if not databases:
        return []
    pool = DecoderPool(Limits(), processes=1)
    try:
        pool.decode(encode_flac(known_waveform(SAMPLE_RATE, SAMPLE_RATE)))
    except (AudioRejected, OSError) as error:
        return [
            Warning(
                f"The process that reads recordings does not work ({error}), so every recording is refused.",
                hint="Reinstall the dependencies with `make setup`, and check for a limit on memory.",
                id="classifier.W003",
            )
        ]
    finally:
        pool.close()
    return []


@register(DOCTOR, deploy=True)
def decoder_is_sandboxed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        layers = sandbox_layers(Limits())
    except OSError:
        return []  # `decoder_starts` reports it
    in_force = ", ".join(words for name, words in LAYERS.items() if not layers[name])
    missing = "; ".join(f"{words} ({layers[name]})" for name, words in LAYERS.items() if layers[name])
    found: list[CheckMessage] = [
        Info(f"Recordings are decoded in a sandbox: {in_force}.", id="classifier.I001"),
    ]
    if missing:
        hint = "Install libseccomp2, and run the site on Linux where it may make namespaces and use Landlock."
        found.append(
            Warning(
                f"The sandbox in which recordings are decoded lacks: {missing}.",
                hint=hint,
                id="classifier.W004",
            )
        )
    return found


def _file_problems(version: ModelVersion) -> list[CheckMessage]:
    try:
        verify(folder_of(version), version.checksum)
    except (VersionRefused, OSError) as error:
        return [
            Warning(
                f"The files of model version {version.number}, which is in service, cannot be used: {error}",
                hint=f"Put {folder_of(version)} back from a backup, or activate another version.",
                id="classifier.W001",
            )
        ]
    return []
