import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.imports import terminal
from classifier.inference.exceptions import VersionRefused
from classifier.models import ModelVersion, Task
from classifier.predictions.registry import activate_version
from training.exceptions import CheckpointRefused, CorpusRefused
from training.libraries import require_training_libraries
from training.versions.importing import downloaded, import_checkpoint


class Command(BaseCommand):
    help = "Creates a model version from a Wav2Vec2ForSequenceClassification checkpoint (safetensors only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("folder", nargs="?", metavar="FOLDER", help="as save_pretrained writes it")
        source.add_argument("--download", metavar="NAME", help="fetch it from huggingface.co instead")
        parser.add_argument("--task", default="emotion")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="THEIRS=OURS",
            help="rename a label; may be repeated",
        )
        parser.add_argument(
            "--corpus",
            type=Path,
            metavar="FOLDER",
            help="labelled clips whose validation split sets the temperature and says whether int8 may serve",
        )
        parser.add_argument("--activate", action="store_true", help="put the version into service at once")
        parser.add_argument("--json", action="store_true")
        terminal.add_follow_links(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        require_training_libraries()
        task = Task.objects.filter(slug=options["task"]).first()
        if task is None:
            raise CommandError(f"There is no task {options['task']}.", returncode=2)
        renames = dict(_renaming(pair) for pair in options["map"])
        try:
            version = self._import(options, task, renames)
            if options["activate"]:
                activate_version(version)
        except (CheckpointRefused, CorpusRefused, VersionRefused) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The version could not be written: {error.strerror}.") from error
        if options["json"]:
            summary = {"number": version.number, "active": version.is_active, "checksum": version.checksum}
            self.stdout.write(json.dumps(summary))
        else:
            state = "in service" if version.is_active else "ready, not in service"
            self.stdout.write(f"Version {version.number} is {state}.")

    def _import(self, options: dict[str, Any], task: Task, renames: dict[str, str]) -> ModelVersion:
        given = {name: options[name] for name in ("corpus", "follow_links")}
        name, given = options["download"], {"task": task, "renames": renames, **given}
        if not name:
            folder = Path(options["folder"])
            return import_checkpoint(folder, name=folder.resolve().name, **given)
        self.stderr.write(f"Downloading {name} from huggingface.co: this leaves the machine.")
        with downloaded(name) as folder:
            return import_checkpoint(folder, name=name, **given)


def _renaming(pair: str) -> tuple[str, str]:
    theirs, equals, ours = pair.partition("=")
    if not (theirs and equals and ours):
        raise CommandError(f"--map takes THEIRS=OURS, such as joy=happy, not {pair}.", returncode=2)
    return theirs, ours
