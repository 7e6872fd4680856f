import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.timezone import localtime

from classifier.models import ModelVersion


class Command(BaseCommand):
    help = "Lists the model versions, newest first; a star marks the one in service."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--task", help="only versions of this task")
        parser.add_argument("--json", action="store_true", help="one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        versions = ModelVersion.objects.select_related("task").order_by("task__slug", "-number")
        if options["task"]:
            versions = versions.filter(task__slug=options["task"])
        if options["json"]:
            self.stdout.write(json.dumps([_described(version) for version in versions]))
            return
        for version in versions:
            mark = "*" if version.is_active else " "
            made = f"{version.origin}  {localtime(version.created):%Y-%m-%d %H:%M}"
            self.stdout.write(f"{mark} {version.task.slug} {version.number}  {made}")


def _described(version: ModelVersion) -> dict[str, Any]:
    activated = version.activated_at
    return {
        "task": version.task.slug,
        "number": version.number,
        "active": version.is_active,
        "status": version.status,
        "origin": version.origin,
        "created": version.created.isoformat(),
        "activated": activated.isoformat() if activated else None,
        "checksum": version.checksum,
        "parameters": version.manifest["parameters"],
        "metrics": version.manifest["metrics"],
    }
