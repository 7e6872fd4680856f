"""Small corpora of generated voices: every label sounds different, every speaker a little."""

import csv
from pathlib import Path

import numpy as np
import soundfile

from classifier.audio.waveform import SAMPLE_RATE
from tests.training.tiny_model import LABELS


def buzz(label_number: int, speaker_number: int, seconds: float, seed: int = 0) -> np.ndarray:
    """Harmonics whose pitch belongs to the label, with a little noise: float64[samples]."""
    chance = np.random.default_rng((label_number, speaker_number, seed))
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 100 + 40 * label_number + 3 * speaker_number
    voice = sum(np.sin(2 * np.pi * pitch * harmonic * time) / harmonic for harmonic in range(1, 8))
    return 0.1 * voice * (1 + np.sin(2 * np.pi * (2 + label_number) * time)) + 0.005 * chance.normal(
        size=len(time)
    )


def write_corpus(folder: Path, *, clips_each: int = 1) -> Path:
    """Six labels, two speakers to train with, one each to validate and test; lengths differ."""
    (folder / "audio").mkdir(parents=True)
    speakers = (("ann", "train"), ("bob", "train"), ("eve", "validation"), ("tom", "test"))
    rows = []
    for speaker_number, (speaker, split) in enumerate(speakers):
        for label_number, label in enumerate(LABELS):
            for number in range(clips_each):
                name = f"audio/{speaker}_{label}_{number}.flac"
                seconds = 0.5 + 0.05 * ((label_number + speaker_number + number) % 4)
                sound = buzz(label_number, speaker_number, seconds, number)
                soundfile.write(folder / name, sound, SAMPLE_RATE)
                rows.append({"file_name": name, "label": label, "speaker": speaker, "split": split})
    write_metadata(folder, rows)
    return folder


def write_metadata(folder: Path, rows: list[dict[str, str]]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (folder / "metadata.csv").open("w", newline="") as target:
        writer = csv.DictWriter(target, columns)
        writer.writeheader()
        writer.writerows(rows)


def read_metadata(folder: Path) -> list[dict[str, str]]:
    with (folder / "metadata.csv").open(newline="") as source:
        return list(csv.DictReader(source))
