import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.imports import terminal
from classifier.audio.quarantine.process import DecoderProcess
from classifier.audio.waveform import SAMPLE_RATE
from classifier.models import Task
from training.datasets.corpus import SPLITS, CorpusClip, CorpusFolder, read_corpus
from training.datasets.decoded import quarantine, waveform_of
from training.exceptions import CorpusRefused
from training.libraries import require_training_libraries


class Command(BaseCommand):
    help = "Counts the clips of a corpus by split, label and speaker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("corpus", metavar="FOLDER", type=Path)
        parser.add_argument("--task", default="emotion")
        parser.add_argument("--speakers", action="store_true", help="list how many clips each speaker has")
        parser.add_argument("--json", action="store_true")
        terminal.add_follow_links(parser)
        parser.add_argument("--picture", metavar="FILE.svg", type=Path, help="where to draw the counts")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["picture"]:
            require_training_libraries()
        task = Task.objects.filter(slug=options["task"]).first()
        if task is None:
            raise CommandError(f"There is no task {options['task']}.", returncode=2)
        labels = task.label_keys()
        try:
            corpus = read_corpus(options["corpus"], labels, follow_links=options["follow_links"])
            with quarantine() as decoder:
                seconds = [_seconds(clip, decoder) for clip in corpus.clips]
        except CorpusRefused as error:
            raise CommandError(str(error)) from error
        facts = _facts(corpus, seconds)
        lines = [*_lines(corpus, facts), *(_speaker_lines(facts) if options["speakers"] else [])]
        self.stdout.write(json.dumps(facts) if options["json"] else "\n".join(lines))
        if options["picture"]:
            from training.evaluation.plots import draw_corpus

            draw_corpus(corpus, options["picture"])


def _facts(corpus: CorpusFolder, seconds: Sequence[float]) -> dict[str, Any]:
    """The counts, ready for JSON."""
    lengths = list(zip(corpus.clips, seconds, strict=True))
    splits = {}
    for split in SPLITS:
        clips = [clip for clip in corpus.clips if clip.split == split]
        counts = Counter(clip.label for clip in clips)
        splits[split] = {
            "clips": len(clips),
            "seconds": round(sum(length for clip, length in lengths if clip.split == split), 1),
            "speakers": len({clip.speaker for clip in clips}),
            "labels": {label: counts[label] for label in corpus.labels},
        }
    speakers = Counter(clip.speaker for clip in corpus.clips)
    return {
        "splits": splits,
        "seconds": _spread(seconds),
        "clips_per_speaker": _spread(list(speakers.values())),
        "speakers": dict(sorted(speakers.items())),
        "rejected": dict(corpus.rejected),
    }


def _lines(corpus: CorpusFolder, facts: dict[str, Any]) -> list[str]:
    lines = [
        f"{'split':12}{'clips':>8}{'minutes':>10}{'speakers':>10}"
        + "".join(f"{label:>10}" for label in corpus.labels)
    ]
    for split, each in facts["splits"].items():
        per_label = "".join(f"{count:>10}" for count in each["labels"].values())
        minutes = f"{each['seconds'] / 60:.1f}"
        lines.append(f"{split:12}{each['clips']:>8}{minutes:>10}{each['speakers']:>10}{per_label}")
    for name, key in (("seconds per clip", "seconds"), ("clips per speaker", "clips_per_speaker")):
        if spread := facts[key]:
            lines.append(
                f"{name}: {spread['min']:g} to {spread['max']:g}, median {spread['median']:g}, "
                f"together {spread['total']:g}"
            )
    return [*lines, *(f"rejected, {reason}: {count}" for reason, count in corpus.rejected.items())]


def _speaker_lines(facts: dict[str, Any]) -> list[str]:
    return [f"{speaker:30}{count:>8}" for speaker, count in facts["speakers"].items()]


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    found = {"min": min(values), "median": median(values), "max": max(values), "total": sum(values)}
    return {name: round(value, 2) for name, value in found.items()}


def _seconds(clip: CorpusClip, decoder: DecoderProcess) -> float:
    """From the table of the corpus, or measured where it has none."""
    if clip.duration_s is not None:
        return clip.duration_s
    return len(waveform_of(clip.path, decoder)) / SAMPLE_RATE
