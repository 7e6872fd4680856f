import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.exceptions import ImportRefused
from annotations.imports import terminal
from annotations.imports.corpus import CorpusImport, import_rows, open_corpus
from annotations.imports.corpus_rows import read_corpus_rows
from annotations.imports.labels import LabelReader, require_task
from classifier.clips import uploads
from emotion_site.counted import counted
from emotion_site.exceptions import UserError
from emotion_site.serving.quiet_log import quiet_log


class Command(BaseCommand):
    help = "Imports a folder of clips with a metadata.csv (or one per split). Run it again to resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", metavar="FOLDER", type=Path)
        parser.add_argument("--task", default="emotion")
        parser.add_argument("--name", default="", help="of the corpus; else the folder's name")
        parser.add_argument("--review", action="store_true", help="put the clips into the review queue")
        parser.add_argument("--json", action="store_true")
        terminal.add_follow_links(parser)
        terminal.add_map(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            task = require_task(options["task"])
            labels = LabelReader(task, terminal.renames(options))
        except ImportRefused as error:
            raise CommandError(str(error), returncode=2) from error
        try:
            rows = read_corpus_rows(folder, labels, follow_links=options["follow_links"])
            corpus = open_corpus(name=options["name"] or folder.resolve().name, task=task)
            progress = terminal.ProgressLine(self.stderr, "clips")
            with quiet_log(options["verbosity"]):
                outcome = import_rows(corpus, rows, review=options["review"], progress=progress)
        except ImportRefused as error:
            raise CommandError(str(error), returncode=2 if error.code == "no_folder" else 1) from error
        except UserError as error:
            raise CommandError(f"{error.detail} ({error.code}) Run it again to resume.") from error
        except KeyboardInterrupt:
            raise CommandError("Stopped. What is imported stays; run it again to resume.") from None
        finally:
            uploads.decoder_pool().close()
        self._report(outcome, as_json=options["json"])

    def _report(self, outcome: CorpusImport, *, as_json: bool) -> None:
        failed = terminal.report_rejected(self.stderr, outcome.rejected, outcome.examples)
        counts = {"added": outcome.added, "already": outcome.already}
        if as_json:
            name = outcome.corpus.name
            self.stdout.write(json.dumps({"corpus": name, **counts, "rejected": dict(outcome.rejected)}))
        else:
            self.stdout.write(
                f"Corpus {outcome.corpus.name}: {counted(outcome.added, 'new clip')}, "
                f"{outcome.already} there already, {outcome.rejected.total()} rejected."
            )
        if failed:
            raise SystemExit(1)
