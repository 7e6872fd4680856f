import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations import tasks
from annotations.agreement.report_cache import has_many_reviews
from annotations.exceptions import ImportRefused
from annotations.imports import terminal
from annotations.imports.labels import LabelReader, require_task
from annotations.imports.review_rows import read_review_rows
from annotations.imports.reviews import import_reviews
from emotion_site.counted import counted
from emotion_site.serving.quiet_log import quiet_log


class Command(BaseCommand):
    help = (
        "Imports reviews made elsewhere, as CSV: file_name, rater, label (and created), or file_name and "
        "counted votes_<label>. Clips are found by the file name under which their corpus was imported."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--task", default="emotion")
        parser.add_argument("--decide", action="store_true", help="also replace the labels of the corpus")
        parser.add_argument("--json", action="store_true")
        terminal.add_map(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            task = require_task(options["task"])
            labels = LabelReader(task, terminal.renames(options))
            rows = read_review_rows(options["file"], labels)
            progress = terminal.ProgressLine(self.stderr, "reviews")
            with quiet_log(options["verbosity"]):
                outcome = import_reviews(task, rows, decide=options["decide"], progress=progress)
        except ImportRefused as error:
            raise CommandError(str(error), returncode=2) from error
        if outcome.added and has_many_reviews(task):
            # Whoever opens the page next need not wait for it.
            tasks.refresh_report.enqueue(task.pk)
        failed = terminal.report_rejected(self.stderr, outcome.rejected, outcome.examples)
        counts = {"added": outcome.added, "already": outcome.already, "decided": outcome.decided}
        if options["json"]:
            self.stdout.write(json.dumps({**counts, "rejected": dict(outcome.rejected)}))
        else:
            self.stdout.write(
                f"{counted(outcome.added, 'new review')}, {outcome.already} there already, "
                f"{counted(outcome.rejected.total(), 'line')} rejected; "
                f"{counted(outcome.decided, 'decision')} changed."
            )
        if failed:
            raise SystemExit(1)
