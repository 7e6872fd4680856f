from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.inference.exceptions import VersionRefused
from classifier.models import ModelVersion
from classifier.predictions.registry import activate_version


class Command(BaseCommand):
    help = "Puts a model version into service after loading it and trying it on a known waveform."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, metavar="N", help="as list_models shows it")
        parser.add_argument("--task", default="emotion")

    def handle(self, *args: Any, **options: Any) -> None:
        number, task = options["number"], options["task"]
        version = ModelVersion.objects.filter(task__slug=task, number=number).first()
        if version is None:
            raise CommandError(f"There is no version {number} of the task {task}.", returncode=2)
        try:
            activate_version(version)
        except VersionRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Version {number} is in service.")
