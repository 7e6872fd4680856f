import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.agreement.report import agreement_of
from annotations.exceptions import ImportRefused
from annotations.imports.labels import require_task


class Command(BaseCommand):
    help = "Shows how well reviewers agree on clips that two or more people reviewed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--task", default="emotion")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            figures = asdict(agreement_of(require_task(options["task"])))
        except ImportRefused as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(figures))
            return
        for name, value in figures.items():
            shown = "-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
            self.stdout.write(f"{name:20} {shown:>10}")
