"""The rows of the page of snapshots."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from classifier.models import Clip, Task
from training.datasets.freezing import FEW_TO_JUDGE, FEW_TO_LEARN
from training.datasets.trainable import refusal_of
from training.models import Snapshot
from training.pages.snapshot_warnings import sentence_of


@dataclass(frozen=True)
class SnapshotRow:
    snapshot: Snapshot
    splits: list[str]
    table: list[tuple[str, list[int], int]]
    totals: list[int]
    minutes: float
    warnings: list[str]
    # Why no run may use it; a snapshot that could not be written shows that by its state.
    refusal: str


def snapshot_rows(task: Task, most: int) -> list[SnapshotRow]:
    """Newest first."""
    names = {label.key: str(label) for label in task.labels.order_by("order")}
    found = Snapshot.objects.filter(task=task).select_related("task", "created_by")
    return [_row(snapshot, names) for snapshot in found.order_by("-number")[:most]]


def _row(snapshot: Snapshot, names: dict[str, str]) -> SnapshotRow:
    splits = [split for split in Clip.Split.values if split in snapshot.counts]
    refusal = refusal_of(snapshot)
    table = []
    for key in snapshot.labels:
        counts = [snapshot.counts[split].get(key, 0) for split in splits]
        table.append((names.get(key, key), counts, sum(counts)))
    return SnapshotRow(
        snapshot=snapshot,
        splits=[str(Clip.Split(split).label) for split in splits],
        table=table,
        totals=[sum(snapshot.counts[split].values()) for split in splits],
        minutes=sum(snapshot.seconds.values()) / 60,
        warnings=_sentences(snapshot, names),
        refusal=str(refusal.detail) if refusal and snapshot.state != Snapshot.State.FAILED else "",
    )


def _sentences(snapshot: Snapshot, names: dict[str, str]) -> list[str]:
    """One per warning, but labels that have few clips in the same split share theirs."""
    few: dict[str, list[str]] = {}
    others: list[dict[str, Any]] = []
    for warning in snapshot.warnings:
        if warning["code"] == "few_clips":
            name = names.get(warning["label"], warning["label"])
            few.setdefault(warning["split"], []).append(f"{name} {warning['clips']}")
        else:
            others.append(warning)
    sentences = [
        _("Few clips for %(split)s: %(labels)s. At least %(least)d of each label would be better.")
        % {
            "split": Clip.Split(split).label,
            "labels": ", ".join(labels),
            "least": FEW_TO_LEARN if split == Clip.Split.TRAIN else FEW_TO_JUDGE,
        }
        for split, labels in few.items()
    ]
    return [*sentences, *map(sentence_of, others)]
