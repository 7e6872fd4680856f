"""A folder of labelled clips to retrain with."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.clips import uploads
from benchmarks.servers import ROOT

SHIPPED = ROOT / "classifier" / "shipped_model"
SPLITS = {"train": 500, "validation": 60, "test": 60}


def write_corpus(folder: Path, labels: Sequence[str], splits: Mapping[str, int] = SPLITS) -> Path:
    """Clips of 3 s with labels in turn, ten of each speaker."""
    (folder / "audio").mkdir(parents=True)
    waiting = uploads("wav", sum(splits.values()))
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file_name", "label", "speaker", "split"])
        for split, count in splits.items():
            for number in range(count):
                name = f"audio/{split}-{number}.wav"
                (folder / name).write_bytes(waiting.pop())
                table.writerow([name, labels[number % len(labels)], f"{split}-{number // 10}", split])
    return folder
