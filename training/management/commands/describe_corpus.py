from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.models import Task
from training.corpus import SPLITS, Corpus, CorpusClip, read_corpus
from training.exceptions import CorpusRefused
from training.libraries import require_training_libraries


class Command(BaseCommand):
    help = "Counts the clips of a corpus by split, label and speaker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("corpus", metavar="FOLDER", type=Path)
        parser.add_argument("--task", default="emotion")
        parser.add_argument("--picture", metavar="FILE.svg", type=Path, help="where to draw the counts")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["picture"]:
            require_training_libraries()
        task = Task.objects.filter(slug=options["task"]).first()
        if task is None:
            raise CommandError(f"There is no task {options['task']}.", returncode=2)
        labels = list(task.labels.order_by("order").values_list("key", flat=True))
        try:
            corpus = read_corpus(options["corpus"], labels)
        except CorpusRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(_lines(corpus)))
        if options["picture"]:
            from training.pictures import draw_corpus

            draw_corpus(corpus, options["picture"])


def _lines(corpus: Corpus) -> list[str]:
    lines = [
        f"{'split':12}{'clips':>8}{'minutes':>10}{'speakers':>10}"
        + "".join(f"{label:>10}" for label in corpus.labels)
    ]
    for split in SPLITS:
        clips = [clip for clip in corpus.clips if clip.split == split]
        counts = Counter(clip.label for clip in clips)
        speakers = len({clip.speaker for clip in clips})
        per_label = "".join(f"{counts[label]:>10}" for label in corpus.labels)
        lines.append(f"{split:12}{len(clips):>8}{_minutes(clips):>10}{speakers:>10}{per_label}")
    lines += [f"rejected, {reason}: {count}" for reason, count in corpus.rejected.items()]
    return lines


def _minutes(clips: Sequence[CorpusClip]) -> str:
    """As the table of the corpus says; unknown when it does not."""
    durations = [clip.duration_s for clip in clips if clip.duration_s is not None]
    return f"{sum(durations) / 60:.1f}" if len(durations) == len(clips) else "unknown"
