import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.exceptions import ImportRefused
from annotations.imports.labels import require_task
from emotion_site.counted import counted
from emotion_site.exceptions import UserError
from training.datasets.freezing import FreezeOptions, freeze_snapshot
from training.datasets.snapshot_folder import copy_snapshot, ensure_written, verify_snapshot
from training.exceptions import SnapshotRefused
from training.models import Snapshot
from training.pages.snapshot_warnings import sentence_of


class Command(BaseCommand):
    help = "Freezes the decided and shared clips into a snapshot and writes a copy into the new folder OUT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("out", metavar="OUT", type=Path)
        parser.add_argument("--task", default="emotion")
        parser.add_argument("--without-corpora", action="store_true", help="leave imported labels out")
        parser.add_argument("--json", action="store_true", help="print checksum and counts")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise CommandError("OUT must be a new or empty folder.", returncode=2)
        snapshot = _freeze(options)
        try:
            verify_snapshot(snapshot)
            copy_snapshot(snapshot, out)
        except SnapshotRefused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The data set could not be written: {error.strerror}.") from error
        for warning in snapshot.warnings:
            self.stderr.write(f"warning: {sentence_of(warning)}")
        self.stderr.write(
            "These files are yours to look after: the site removes nothing from them when an owner "
            "withdraws or deletes a clip."
        )
        if options["json"]:
            summary = {"checksum": snapshot.checksum, "n_clips": snapshot.n_clips, "counts": snapshot.counts}
            self.stdout.write(json.dumps(summary))
        else:
            self.stdout.write(
                f"Snapshot {snapshot.number}: {counted(snapshot.n_clips, 'clip')}, {snapshot.checksum}"
            )


def _freeze(options: dict[str, Any]) -> Snapshot:
    """The snapshot, its files written. Raises CommandError."""
    try:
        task = require_task(options["task"])
        chosen = FreezeOptions(with_corpora=not options["without_corpora"])
        snapshot = freeze_snapshot(task=task, administrator=None, options=chosen, later=False).snapshot
        ensure_written(snapshot, lambda: True)
    except ImportRefused as error:
        raise CommandError(str(error), returncode=2) from error
    except UserError as error:
        raise CommandError(f"{error.detail} ({error.code})") from error
    except OSError as error:
        raise CommandError(f"The snapshot could not be written: {error.strerror}.") from error
    return snapshot
