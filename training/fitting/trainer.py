"""transformers' Trainer for labelled clips; a killed run goes on from its last epoch."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers import EvalPrediction, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from training.fitting.batches import Feed, SimilarLengths
from training.fitting.distributed import is_main_process, main_process_first
from training.fitting.hyperparameters import Hyperparameters
from training.fitting.precision import can_use_bfloat16

SETTINGS = "hyperparameters.json"
WEIGHTS = "model.safetensors"
METRICS = "figures.json"
TRAINER_STATE_NAME = "trainer_state.json"
HEAD_PARTS = ("projector.", "classifier.")


class ClipTrainer(Trainer):
    """A Trainer for soft targets, batches of similar lengths, and a head that learns at its own rate."""

    optimizer: torch.optim.Optimizer | None

    def __init__(
        self,
        *,
        train: Feed,
        validation: Feed,
        chosen: Hyperparameters,
        **given: Any,
    ) -> None:
        super().__init__(train_dataset=train.clips, eval_dataset=validation.clips, **given)
        self.train_feed, self.validation_feed = train, validation
        self.chosen = chosen

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches in another order each epoch."""
        feed = self.train_feed
        loader: DataLoader[Any] = DataLoader(
            feed.clips,
            batch_sampler=SimilarLengths(feed.lengths, self.chosen.batch_size, self.chosen.seed),
            collate_fn=feed.collate,
            num_workers=self.args.dataloader_num_workers,
            pin_memory=self.args.dataloader_pin_memory,
        )
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def get_eval_dataloader(self, eval_dataset: Any = None) -> DataLoader[Any]:
        """Clip by clip, each at its own length."""
        feed = self.validation_feed
        draws: Any = [[(number, 0)] for number in range(len(feed.lengths))]
        loader: DataLoader[Any] = DataLoader(feed.clips, batch_sampler=draws, collate_fn=feed.collate)
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW with two learning rates; what is frozen is left out."""
        if self.optimizer is None:
            self.optimizer = torch.optim.AdamW(_parameter_groups(model or self.model, self.chosen))
        return self.optimizer

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Cross entropy against soft targets."""
        logits = model(inputs["input_values"]).logits.float()
        loss = functional.cross_entropy(logits, inputs["labels"])
        return (loss, {"logits": logits}) if return_outputs else loss


def train_clips(
    model: nn.Module,
    train: Feed,
    validation: Feed,
    chosen: Hyperparameters,
    output: Path,
    callbacks: Sequence[TrainerCallback],
) -> dict[str, float]:
    """Train ``model`` in place, whose output has ``logits``, and return its metrics on validation.

    ``output`` holds a checkpoint per epoch, TensorBoard's logs and the settings. When it has checkpoints,
    the run goes on from the last one, and ends as if it had never been interrupted. At the end the model
    carries the mean of the last epochs' weights.
    """
    output.mkdir(parents=True, exist_ok=True)
    chosen.write(output / SETTINGS)
    trainer = ClipTrainer(
        model=model,
        args=_arguments(chosen, output),
        train=train,
        validation=validation,
        compute_metrics=label_metrics,
        callbacks=list(callbacks),
        chosen=chosen,
    )
    with main_process_first():
        _drop_broken_checkpoints(output)
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(output)))
    _load_mean(model, output, chosen.averaged_epochs)
    metrics: dict[str, float] = trainer.evaluate()
    if is_main_process():
        (output / METRICS).write_text(json.dumps(metrics, indent=2) + "\n")
    return metrics


def label_metrics(predictions: EvalPrediction) -> dict[str, float]:
    """Accuracy and mean recall over the labels."""
    truth = np.argmax(predictions.label_ids, axis=1)
    right = np.argmax(predictions.predictions, axis=1) == truth
    recalls = [right[truth == label].mean() for label in np.unique(truth)]
    return {"accuracy": float(right.mean()), "mean_recall": float(np.mean(recalls))}


def _arguments(chosen: Hyperparameters, output: Path) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(output),
        num_train_epochs=chosen.epochs,
        per_device_train_batch_size=chosen.batch_size,
        per_device_eval_batch_size=1,
        learning_rate=chosen.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=chosen.warmup_share,
        max_grad_norm=chosen.max_gradient_norm,
        seed=chosen.seed,
        bf16=can_use_bfloat16(),
        use_cpu=not torch.cuda.is_available(),
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=max(2, chosen.averaged_epochs),
        logging_steps=20,
        report_to=["tensorboard"],
        label_names=["labels"],
        remove_unused_columns=False,
        disable_tqdm=True,
    )


def _parameter_groups(model: Any, chosen: Hyperparameters) -> list[dict[str, Any]]:
    """Weight decay for matrices only."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((name.startswith(HEAD_PARTS), parameter.ndim > 1), []).append(parameter)
    return [
        {
            "params": parameters,
            "lr": chosen.head_learning_rate if in_head else chosen.learning_rate,
            "weight_decay": chosen.weight_decay if is_matrix else 0.0,
        }
        for (in_head, is_matrix), parameters in groups.items()
    ]


def _drop_broken_checkpoints(output: Path) -> None:
    """Remove half-written checkpoints: the state is written last, so one that has it is complete."""
    for folder in output.glob("checkpoint-*"):
        try:
            json.loads((folder / TRAINER_STATE_NAME).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(folder)


def _load_mean(model: nn.Module, output: Path, epochs: int) -> None:
    """The mean of the last checkpoints generalises better than any one of them."""
    checkpoints = sorted(output.glob("checkpoint-*"), key=lambda folder: int(folder.name.split("-")[1]))
    stored = [load_file(folder / WEIGHTS) for folder in checkpoints[-epochs:]]
    mean: Mapping[str, Tensor] = {
        name: torch.stack([weights[name].float() for weights in stored]).mean(dim=0) for name in stored[0]
    }
    model.load_state_dict(mean)
