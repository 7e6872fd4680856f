from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.exceptions import ImportRefused
from annotations.imports.labels import create_task
from emotion_site.counted import counted


class Command(BaseCommand):
    help = "Creates a task, the question asked of each clip, with its labels in this order."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG", help="such as emotion")
        parser.add_argument("--labels", required=True, metavar="A,B,C")
        parser.add_argument("--name", default="", help="as people read it")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = [key.strip() for key in options["labels"].split(",") if key.strip()]
        try:
            task, created = create_task(slug=options["slug"], keys=keys, name=options["name"])
        except ImportRefused as error:
            raise CommandError(str(error), returncode=2) from error
        state = "is new" if created else "was there already"
        self.stdout.write(f"The task {task.slug} {state}, with {counted(len(keys), 'label')}.")
