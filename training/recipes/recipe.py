"""From a corpus to a trained checkpoint: the start, then the head, the top layers or all of it."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import (
    TrainerCallback,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForSequenceClassification,
)

from emotion_site.storage.atomic_write import new_folder
from training.datasets.corpus import CorpusFolder, require_several_labels
from training.datasets.decoded import decode_clips
from training.datasets.noises_and_rooms import read_noises, read_rooms
from training.exceptions import CheckpointRefused, CorpusRefused
from training.fitting.augmentation import Augmentation
from training.fitting.batches import ClipDataset, Progress, normalised_batch
from training.fitting.distributed import is_distributed, is_main_process, main_process_first
from training.fitting.fine_tuning import fine_tune, fine_tune_top
from training.fitting.head import fit_head, pooled_features
from training.fitting.head_training import train_head
from training.fitting.hyperparameters import Hyperparameters
from training.recipes.teacher import Teacher
from training.recipes.weight_transfer import transfer_weights
from training.versions.checkpoint import check_checkpoint, load_model

logger = logging.getLogger(__name__)
START, MODEL = "start", "model"
# Enough speech to see how loud each frequency gets.
FITTING_CLIPS = 150
PARTS = {"all": fine_tune, "top": fine_tune_top, "head": train_head}


@dataclass(frozen=True)
class Sources:
    """What a run learns from. It starts with exactly one of ``teacher``, ``checkpoint`` and ``config``.

    The last is the JSON file of a Wav2Vec2Config, whose model begins with random weights.
    """

    cache: Path
    teacher: Path | None = None
    checkpoint: Path | None = None
    config: Path | None = None
    noises: Path | None = None
    rooms: Path | None = None


def train_checkpoint(
    corpus: CorpusFolder,
    sources: Sources,
    chosen: Hyperparameters,
    output: Path,
    callbacks: Sequence[TrainerCallback] = (),
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train on the corpus and leave a checkpoint in ``output/model``; return its metrics on validation.

    ``progress`` gets the number of clips that went through the frozen layers, and of all; ``callbacks`` are
    the Trainer's. Called again with the same output, a run that was killed goes on. Raises CorpusRefused and
    CheckpointRefused before anything is trained.
    """
    if chosen.trained != "all" and is_distributed():
        raise CorpusRefused(
            "one_process",
            "Only a run that trains all layers can use several processes; start this one without torchrun.",
        )
    require_several_labels(corpus.split("train"))
    with main_process_first():
        train, validation = (
            _dataset(corpus, split, sources.cache, chosen) for split in ("train", "validation")
        )
        augmentation = Augmentation(
            chosen.augmentation,
            read_noises(sources.noises, sources.cache, for_testing=False) if sources.noises else (),
            read_rooms(sources.rooms, sources.cache) if sources.rooms else (),
        )
        torch.manual_seed(chosen.seed)
        if not (output / START).is_dir():
            _prepare_start(corpus, train, sources, output / START)
    model = load_model(check_checkpoint(output / START, corpus.labels))
    train_part = PARTS[chosen.trained]
    metrics = train_part(
        model,
        train,
        validation,
        chosen,
        output,
        augmentation=augmentation,
        callbacks=callbacks,
        progress=progress,
    )
    if is_main_process():
        _save(model, output / MODEL)
    return metrics


def _prepare_start(corpus: CorpusFolder, train: ClipDataset, sources: Sources, folder: Path) -> None:
    """Write the model that fine-tuning starts from: the given one, or one with the teacher's weights."""
    if sources.checkpoint:
        _save(load_model(check_checkpoint(sources.checkpoint, corpus.labels)), folder)
        return
    if sources.config:
        _save(_random_model(sources.config, corpus.labels), folder)
        return
    if sources.teacher is None:
        raise ValueError("A run starts from a teacher, a checkpoint or a configuration.")
    waveforms = [_waveform(train, number) for number in torch.randperm(len(train))[:FITTING_CLIPS].tolist()]
    model = transfer_weights(Teacher(sources.teacher), waveforms, corpus.labels)
    features = pooled_features(model, (train.audio.waveform(number) for number in range(len(train))))
    loss = fit_head(model, features, train.targets)
    logger.info("Learned how to decide, to a loss of %.3f", loss)
    _save(model, folder)


def _random_model(config: Path, labels: Sequence[str]) -> Wav2Vec2ForSequenceClassification:
    try:
        given = json.loads(config.read_text(encoding="utf-8"))
        named = {
            "id2label": dict(enumerate(labels)),
            "label2id": {label: number for number, label in enumerate(labels)},
        }
        return Wav2Vec2ForSequenceClassification(Wav2Vec2Config.from_dict({**given, **named}))
    except (OSError, ValueError, TypeError) as error:
        raise CheckpointRefused(
            "unreadable_config", f"The model's configuration cannot be used: {error}"
        ) from error


def _waveform(clips: ClipDataset, number: int) -> Tensor:
    return normalised_batch(torch.from_numpy(clips.audio.waveform(number))[None])[0]


def _dataset(corpus: CorpusFolder, split: str, cache: Path, chosen: Hyperparameters) -> ClipDataset:
    clips = corpus.split(split)
    audio = decode_clips([clip.path for clip in clips], cache)
    weight = chosen.vote_weight if split == "train" else 0.0
    return ClipDataset(clips, audio, corpus.labels, weight)


def _save(model: Wav2Vec2ForSequenceClassification, folder: Path) -> None:
    """Whole or not there, with what transformers needs to prepare sound for it."""
    # A finished run may be started once more, as by `make model` after its last steps were killed.
    with new_folder(folder, replace=True) as partial:
        model.save_pretrained(partial)
        Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(partial)
