from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from annotations.imports import terminal
from classifier.models import Task
from training import torchaudio_shim
from training.datasets.corpus import read_corpus
from training.exceptions import CheckpointRefused, CorpusRefused
from training.libraries import require_training_libraries
from training.runs.failures import reason_of


class Command(BaseCommand):
    help = "Trains a model on a corpus. Run it again with the same output to resume."

    def add_arguments(self, parser: ArgumentParser) -> None:
        start = parser.add_mutually_exclusive_group(required=True)
        start.add_argument(
            "--teacher", metavar="FOLDER", type=Path, help="grow a new model from this encoder"
        )
        start.add_argument("--checkpoint", metavar="FOLDER", type=Path, help="continue from this model")
        start.add_argument(
            "--model-config", metavar="FILE", type=Path, help="from scratch: JSON of a Wav2Vec2Config"
        )
        parser.add_argument("--corpus", metavar="FOLDER", type=Path, required=True)
        parser.add_argument("--config", metavar="FILE", type=Path, help="JSON with the settings to change")
        parser.add_argument("--output", metavar="FOLDER", type=Path, required=True)
        parser.add_argument("--noises", metavar="FOLDER", type=Path, help="noise recordings to mix in")
        parser.add_argument(
            "--rooms", metavar="FOLDER", type=Path, help="impulse responses of rooms to play clips in"
        )
        parser.add_argument("--cache", metavar="FOLDER", type=Path, help="where decoded clips are kept")
        parser.add_argument("--task", default="emotion")
        terminal.add_follow_links(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        require_training_libraries()
        task = Task.objects.filter(slug=options["task"]).first()
        if task is None:
            raise CommandError(f"There is no task {options['task']}.", returncode=2)
        labels = task.label_keys()
        try:
            metrics = _train(labels, options)
        except (CheckpointRefused, CorpusRefused) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"The run could not be written: {error.strerror}.") from error
        except KeyboardInterrupt as error:
            raise CommandError(
                "Stopped. Run the same command to resume after the last full epoch."
            ) from error
        except Exception as error:  # Libraries tell of a full disk or memory in errors of many kinds.
            code, detail = reason_of(error)
            if code == "training_failed":
                raise
            raise CommandError(f"{detail} ({code})") from error
        self.stdout.write(f"Accuracy on the validation speakers: {metrics['eval_accuracy']:.3f}")


def _train(labels: list[str], options: dict[str, Any]) -> dict[str, float]:
    # Both take seconds to import and are needed by no other command.
    torchaudio_shim.install()
    from training.fitting.hyperparameters import Hyperparameters
    from training.recipes.recipe import Sources, train_checkpoint

    chosen = Hyperparameters.read(options["config"]) if options["config"] else Hyperparameters()
    sources = Sources(
        cache=options["cache"] or Path(settings.DATA_DIR) / "cache",
        teacher=options["teacher"],
        checkpoint=options["checkpoint"],
        config=options["model_config"],
        noises=options["noises"],
        rooms=options["rooms"],
    )
    corpus = read_corpus(options["corpus"], labels, follow_links=options["follow_links"])
    return train_checkpoint(corpus, sources, chosen, options["output"])
