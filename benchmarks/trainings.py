"""A head trained as the site trains it and as plain Trainer does, each in seconds. Imports torch."""

import time
from pathlib import Path

import torch
from torch.utils.data import TensorDataset
from transformers import Trainer, TrainingArguments

from benchmarks.corpus import SHIPPED
from training.datasets.corpus import CorpusFolder
from training.datasets.decoded import decode_clips
from training.fitting.hyperparameters import Hyperparameters
from training.recipes.recipe import Sources, train_checkpoint
from training.versions.checkpoint import check_checkpoint, load_model

# As the site's preset for the head has it, which needs the site to be read.
COPIES = 3


def with_kept_features(corpus: CorpusFolder, folder: Path) -> float:
    begin = time.perf_counter()
    sources = Sources(cache=folder / "cache", checkpoint=SHIPPED)
    train_checkpoint(corpus, sources, Hyperparameters(trained="head", copies=COPIES), folder / "run")
    return time.perf_counter() - begin


def with_plain_trainer(corpus: CorpusFolder, folder: Path) -> float:
    begin = time.perf_counter()
    clips = corpus.split("train")
    audio = decode_clips([clip.path for clip in clips], folder / "plain")
    waveforms = torch.stack([torch.from_numpy(audio.waveform(number)) for number in range(len(audio))])
    truth = torch.tensor([corpus.labels.index(clip.label or "") for clip in clips])
    model = load_model(check_checkpoint(SHIPPED, corpus.labels))
    model.freeze_base_model()
    settings = Hyperparameters()
    arguments = TrainingArguments(
        output_dir=str(folder / "trainer"),
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        learning_rate=settings.head_learning_rate,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
    )
    Trainer(model, arguments, data_collator=_collate, train_dataset=TensorDataset(waveforms, truth)).train()
    return time.perf_counter() - begin


def _collate(rows: list[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, torch.Tensor]:
    waveforms = torch.stack([waveform for waveform, _label in rows])
    waveforms = (waveforms - waveforms.mean(1, keepdim=True)) / (waveforms.std(1, keepdim=True) + 1e-5)
    return {"input_values": waveforms, "labels": torch.stack([label for _waveform, label in rows])}
