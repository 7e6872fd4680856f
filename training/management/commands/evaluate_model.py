import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.agreement.coefficients import ENOUGH_SPEAKERS
from annotations.imports import terminal
from classifier.inference.exceptions import VersionRefused
from classifier.inference.session import Engine
from classifier.models import ModelVersion
from emotion_site.counted import counted
from training import torchaudio_shim
from training.datasets.corpus import SPLITS, read_corpus
from training.evaluation.bootstrap import CLIPS
from training.evaluation.metrics import OVERALL, PER_LABEL
from training.exceptions import CorpusRefused
from training.libraries import require_training_libraries

THREADS, TIMED_RUNS = 2, 30


class Command(BaseCommand):
    help = "Measures a model version on a split of a corpus, through the engine that serves."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Here --version is a model's; Django's own prints the version of Django.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--version", metavar="N", type=int, help="number of a model version of this site")
        which.add_argument("--path", metavar="FOLDER", type=Path, help="folder of a model version")
        parser.add_argument("--task", default="emotion", help="with --version")
        parser.add_argument("--corpus", metavar="FOLDER", type=Path, required=True)
        parser.add_argument("--split", choices=SPLITS, default="test")
        parser.add_argument(
            "--noises", metavar="FOLDER", type=Path, default=settings.NOISES_DIR, help="instead of NOISES_DIR"
        )
        parser.add_argument(
            "--snr", metavar="DB", type=float, nargs="+", default=[], help="mix noises in at these levels"
        )
        parser.add_argument("--cache", metavar="FOLDER", type=Path, help="where decoded clips are kept")
        parser.add_argument("--pictures", metavar="FOLDER", type=Path, help="where to draw the figures")
        parser.add_argument("--json", action="store_true")
        terminal.add_follow_links(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        require_training_libraries()
        if options["snr"] and not options["noises"]:
            raise CommandError(
                "--snr needs recordings of noise: name their folder with --noises, or set NOISES_DIR.",
                returncode=2,
            )
        folder = options["path"] or _folder_of(options["task"], options["version"])
        try:
            metrics = _measure(folder, options)
        except (CorpusRefused, VersionRefused) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The pictures could not be written: {error.strerror}.") from error
        self.stdout.write(json.dumps(metrics) if options["json"] else _table(metrics))


def _folder_of(task: str, number: int) -> Path:
    version = ModelVersion.objects.filter(task__slug=task, number=number).first()
    if version is None:
        raise CommandError(f"There is no version {number} of the task {task}.", returncode=2)
    return Path(settings.MODELS_DIR) / version.folder


def _measure(folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    torchaudio_shim.install()
    from training.datasets.noises_and_rooms import read_noises
    from training.evaluation.measuring import clips_to_measure, measure, milliseconds
    from training.evaluation.plots import draw_confusion, draw_reliability

    cache = options["cache"] or Path(settings.DATA_DIR) / "cache"
    engine = Engine.load(folder, threads=THREADS)
    corpus = read_corpus(options["corpus"], engine.manifest.labels, follow_links=options["follow_links"])
    clips = clips_to_measure(corpus, options["split"], cache)
    noises = read_noises(options["noises"], cache, for_testing=True) if options["noises"] else []
    metrics = measure(engine, clips, noises, options["snr"])
    metrics["parameters"] = engine.manifest.parameters
    metrics["session_ms"] = round(milliseconds({"this": engine}, TIMED_RUNS)["this"], 1)
    if pictures := options["pictures"]:
        pictures.mkdir(parents=True, exist_ok=True)
        draw_confusion(metrics["confusion"], engine.manifest.labels, pictures / "confusion.svg")
        draw_reliability(metrics["reliability"], pictures / "reliability.svg")
    return metrics


def _table(metrics: dict[str, Any]) -> str:
    """The metrics as lines of text."""
    lines = [
        f"{counted(metrics['clips'], 'clip')} of {counted(metrics['speakers'], 'speaker')}",
        _about_intervals(metrics),
        f"{metrics['parameters']} parameters, {metrics['session_ms']} ms for 3 s on {THREADS} threads",
    ]
    for name in OVERALL:
        lines.append(f"{name:18} {_with_interval(metrics[name])}")
    lines += [
        f"{name:18} accuracy {_with_interval(metrics['conditions_95'][name])}"
        for name in metrics["conditions"]
    ]
    labels = list(metrics["labels"])
    for name in PER_LABEL:
        lines += ["", name]
        lines += [f"  {label:16} {_with_interval(metrics['labels'][label][name])}" for label in labels]
    lines += ["", "rows: the right label; columns: the predicted one"]
    lines.append(" " * 18 + "".join(f"{label:>10}" for label in labels))
    for label, row in zip(labels, metrics["confusion"], strict=True):
        lines.append(f"  {label:16}" + "".join(f"{count:>10}" for count in row))
    return "\n".join(lines)


def _about_intervals(metrics: dict[str, Any]) -> str:
    if metrics["interval_by"] == CLIPS:
        return (
            f"95% intervals are for other clips of the same speakers: fewer than {ENOUGH_SPEAKERS} speakers "
            "are too few to tell about others"
        )
    return "95% intervals are over speakers"


def _with_interval(figure: dict[str, Any]) -> str:
    low, high = figure["interval_95"]
    return f"{figure['value']:.3f} ({low:.3f} to {high:.3f})"
