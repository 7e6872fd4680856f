"""What the page of snapshots says about each of them."""

from dataclasses import dataclass
from typing import Any

from classifier.models import Clip, Task
from training.models import Snapshot
from training.warnings import sentence_of


@dataclass(frozen=True)
class SnapshotRow:
    snapshot: Snapshot
    splits: list[str]
    table: list[tuple[str, list[int], int]]
    totals: list[int]
    minutes: float
    warnings: list[str]


def snapshot_rows(task: Task, most: int) -> list[SnapshotRow]:
    """Newest first."""
    names = {label.key: str(label) for label in task.labels.order_by("order")}
    found = Snapshot.objects.filter(task=task).select_related("task", "created_by")
    return [_row(snapshot, names) for snapshot in found.order_by("-number")[:most]]


def _row(snapshot: Snapshot, names: dict[str, str]) -> SnapshotRow:
    splits = [split for split in Clip.Split.values if split in snapshot.counts]
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
        warnings=[sentence_of(_named(warning, names)) for warning in snapshot.warnings],
    )


def _named(warning: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """With the label as people read it."""
    if "label" not in warning:
        return warning
    return {**warning, "label": names.get(warning["label"], warning["label"])}
