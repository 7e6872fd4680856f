from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.models import Task
from emotion_site.exceptions import UserError
from training.versions.promotion import roll_back


class Command(BaseCommand):
    help = "Puts the previous version back into service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--task", default="emotion")
        parser.add_argument("--reason", default="", help="kept in the log of versions")

    def handle(self, *args: Any, **options: Any) -> None:
        task = Task.objects.filter(slug=options["task"]).first()
        if task is None:
            raise CommandError(f"There is no task {options['task']}.", returncode=2)
        try:
            version = roll_back(task=task, administrator=None, reason=options["reason"])
        except UserError as error:
            raise CommandError(f"{error.detail} ({error.code})") from error
        self.stdout.write(f"Version {version.number} is in service again.")
