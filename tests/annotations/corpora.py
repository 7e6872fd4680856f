"""Corpora on disk: short tones, one file each."""

import csv
from pathlib import Path

import numpy as np
import soundfile

RATE = 16000


def tone(number: int, seconds: float = 0.4) -> np.ndarray:
    """float64[samples]; every number sounds different."""
    time = np.arange(round(seconds * RATE)) / RATE
    return 0.2 * np.sin(2 * np.pi * (200 + number) * time)


def write_corpus(folder: Path, rows: list[dict[str, str]], *, silent: bool = False) -> Path:
    """A folder with a ``metadata.csv`` and a sound for each ``file_name`` in it."""
    for number, row in enumerate(rows):
        path = folder / row["file_name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone(number) * (not silent), RATE)
    write_table(folder / "metadata.csv", rows)
    return folder


def write_table(path: Path, rows: list[dict[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="") as target:
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path


def numbered(count: int, label: str = "sad") -> list[dict[str, str]]:
    """One speaker each, named ``s0``, ``s1``, ..."""
    return [
        {"file_name": f"audio/{number}.wav", "label": label, "speaker": f"s{number}", "split": "train"}
        for number in range(count)
    ]
