from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.loader import render_to_string

from classifier.inference.exceptions import VersionRefused
from classifier.models import Task
from classifier.predictions.registry import SHIPPED_MODEL
from training import torchaudio_shim
from training.datasets.corpus import read_corpus
from training.exceptions import CheckpointRefused, CorpusRefused
from training.libraries import require_training_libraries

CARD = "training/model_card.md"


class Command(BaseCommand):
    help = "For release makers: replaces the shipped version with a checkpoint, and measures it again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("checkpoint", metavar="FOLDER", type=Path)
        parser.add_argument("--corpus", metavar="FOLDER", type=Path, required=True)
        parser.add_argument("--noises", metavar="FOLDER", type=Path, required=True)
        parser.add_argument("--other-language", metavar="FOLDER", type=Path, required=True)
        parser.add_argument("--license", metavar="FILE", type=Path, required=True, help="the teacher's")
        parser.add_argument("--cache", metavar="FOLDER", type=Path, help="where decoded clips are kept")

    def handle(self, *args: Any, **options: Any) -> None:
        require_training_libraries()
        labels = Task.objects.get(slug="emotion").label_keys()
        try:
            metrics = _ship(labels, options)
        except (CheckpointRefused, CorpusRefused, VersionRefused) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The version could not be written: {error.strerror}.") from error
        self.stdout.write(f"Shipped; accuracy on the test speakers: {metrics['accuracy']['value']:.3f}")


def _ship(labels: list[str], options: dict[str, Any]) -> dict[str, Any]:
    torchaudio_shim.install()
    from training.recipes.shipping import EvaluationData, ship

    data = EvaluationData(
        corpus=read_corpus(options["corpus"], labels),
        noises=options["noises"],
        other_language=read_corpus(options["other_language"], labels),
        cache=options["cache"] or Path(settings.DATA_DIR) / "cache",
    )
    return ship(options["checkpoint"], data, options["license"], SHIPPED_MODEL, _card)


def _card(metrics: Mapping[str, Any]) -> str:
    return render_to_string(CARD, dict(metrics))
