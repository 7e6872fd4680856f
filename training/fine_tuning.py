"""Fine-tunes a Wav2Vec2 classifier with transformers' Trainer; a killed run goes on from its last epoch."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader
from transformers import (
    EvalPrediction,
    Trainer,
    TrainerCallback,
    TrainingArguments,
    Wav2Vec2ForSequenceClassification,
)
from transformers.trainer_utils import get_last_checkpoint

from classifier.engine.windows import WINDOW_S
from training.augmentation import Augmentation
from training.batches import ClipDataset, Collate, SimilarLengths
from training.hyperparameters import Hyperparameters
from training.precision import can_use_bfloat16, freeze_front_end

logger = logging.getLogger(__name__)
SETTINGS = "hyperparameters.json"
WEIGHTS = "model.safetensors"
HEAD_PARTS = ("projector.", "classifier.")


class ClipTrainer(Trainer):
    """A Trainer for soft targets, batches of similar lengths, and a head that learns at its own rate."""

    def __init__(
        self,
        *,
        train: ClipDataset,
        validation: ClipDataset,
        chosen: Hyperparameters,
        augmentation: Augmentation | None,
        **given: Any,
    ) -> None:
        super().__init__(train_dataset=train, eval_dataset=validation, **given)
        self.clips, self.unseen = train, validation
        self.chosen = chosen
        self.augmentation = augmentation

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches that are drawn anew each epoch."""
        lengths = [self.clips.audio.length(number) for number in range(len(self.clips))]
        loader: DataLoader[Any] = DataLoader(
            self.clips,
            batch_sampler=SimilarLengths(lengths, self.chosen.batch_size, self.chosen.seed),
            collate_fn=Collate(self.chosen.longest_clip_s, self.augmentation),
            num_workers=self.args.dataloader_num_workers,
            pin_memory=self.args.dataloader_pin_memory,
        )
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def get_eval_dataloader(self, eval_dataset: Any = None) -> DataLoader[Any]:
        """Clip by clip, each at its own length, up to a window."""
        draws: Any = [[(number, 0)] for number in range(len(self.unseen))]
        loader: DataLoader[Any] = DataLoader(self.unseen, batch_sampler=draws, collate_fn=Collate(WINDOW_S))
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


def fine_tune(
    model: Wav2Vec2ForSequenceClassification,
    train: ClipDataset,
    validation: ClipDataset,
    chosen: Hyperparameters,
    output: Path,
    *,
    augmentation: Augmentation | None = None,
    callbacks: Sequence[TrainerCallback] = (),
) -> dict[str, float]:
    """Train ``model`` in place and return its figures on validation.

    ``output`` holds a checkpoint per epoch, TensorBoard's logs and the settings. When it has checkpoints,
    the run goes on from the last one, and ends as if it had never been interrupted. At the end the model
    carries the mean of the last epochs' weights.
    """
    output.mkdir(parents=True, exist_ok=True)
    chosen.write(output / SETTINGS)
    _set_dropout(model, chosen)
    freeze_front_end(model)
    trainer = ClipTrainer(
        model=model,
        args=_arguments(chosen, output),
        train=train,
        validation=validation,
        compute_metrics=label_figures,
        callbacks=list(callbacks),
        chosen=chosen,
        augmentation=augmentation,
    )
    trainer.train(resume_from_checkpoint=get_last_checkpoint(str(output)))
    _load_mean(model, output, chosen.averaged_epochs)
    figures: dict[str, float] = trainer.evaluate()
    (output / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    return figures


def label_figures(answers: EvalPrediction) -> dict[str, float]:
    """Accuracy and mean recall over the labels."""
    truth = np.argmax(answers.label_ids, axis=1)
    right = np.argmax(answers.predictions, axis=1) == truth
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


def _set_dropout(model: Wav2Vec2ForSequenceClassification, chosen: Hyperparameters) -> None:
    """Of hidden states, and of what attends to what."""
    encoder: Any = model.wav2vec2.encoder
    for module in encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = chosen.dropout
    for layer in encoder.layers:
        layer.attention.dropout = chosen.attention_dropout


def _load_mean(model: torch.nn.Module, output: Path, epochs: int) -> None:
    """The mean of the last checkpoints generalises better than any one of them."""
    checkpoints = sorted(output.glob("checkpoint-*"), key=lambda folder: int(folder.name.split("-")[1]))
    stored = [load_file(folder / WEIGHTS) for folder in checkpoints[-epochs:]]
    mean: Mapping[str, Tensor] = {
        name: torch.stack([weights[name].float() for weights in stored]).mean(dim=0) for name in stored[0]
    }
    model.load_state_dict(mean)
