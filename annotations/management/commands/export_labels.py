import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotations.exceptions import ImportRefused
from annotations.exports.labels import FORMATS, MANIFEST, ExportOptions, export_file, export_folder
from annotations.imports import terminal
from annotations.imports.labels import require_task
from annotations.imports.review_rows import parse_time
from emotion_site.counted import counted


class Command(BaseCommand):
    help = (
        "Writes the decided labels: to OUT when it ends in .csv or .jsonl, with OUT.manifest.json beside it, "
        "else into the new folder OUT."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", metavar="OUT", type=Path)
        parser.add_argument("--task", default="emotion")
        parser.add_argument(
            "--since", default="", metavar="DATE", help="only what was decided since that date"
        )
        parser.add_argument("--format", choices=FORMATS, default="")
        parser.add_argument("--json", action="store_true", help="print the manifest")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        wanted = _wanted(options, out)
        progress = terminal.ProgressLine(self.stderr, "rows")
        try:
            if out.suffix in (".csv", ".jsonl"):
                manifest = export_file(wanted, out, progress=progress)
                out.with_name(f"{out.name}.{MANIFEST}").write_text(json.dumps(manifest, indent=2) + "\n")
            else:
                manifest = export_folder(wanted, out, progress=progress)
        except OSError as error:
            raise CommandError(f"The labels could not be written: {error.strerror}.") from error
        if not out.resolve().is_relative_to(settings.DATA_DIR):
            self.stderr.write(
                "These files are yours to look after: the site removes nothing from them when an owner "
                "withdraws or deletes a clip."
            )
        if options["json"]:
            self.stdout.write(json.dumps(manifest))
        else:
            self.stdout.write(f"{counted(manifest['rows'], 'label')}, SHA-256 {manifest['sha256']}")


def _wanted(options: dict[str, Any], out: Path) -> ExportOptions:
    since = parse_time(options["since"])
    if options["since"] and since is None:
        raise CommandError("--since takes a date such as 2026-01-31.", returncode=2)
    by_name = {".csv": "csv", ".jsonl": "jsonl"}.get(out.suffix, "")
    chosen = options["format"] or by_name or "csv"
    if by_name and chosen != by_name:
        raise CommandError(f"{out.name} cannot hold the format {chosen}.", returncode=2)
    if not by_name and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CommandError("OUT must be a new or empty folder.", returncode=2)
    try:
        return ExportOptions(require_task(options["task"]), chosen, since)
    except ImportRefused as error:
        raise CommandError(str(error), returncode=2) from error
