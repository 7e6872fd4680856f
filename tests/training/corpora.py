"""Small corpora: of generated voices, which differ by label and a little by speaker, or of real ones."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from classifier.audio.waveform import SAMPLE_RATE
from tests.requirements import SPEECH_DIR
from tests.training.tiny_model import LABELS

# How CREMA-D's files name the six labels, in their order.
CREMA_D = ("NEU", "HAP", "SAD", "ANG", "FEA", "DIS")


def buzz(label_number: int, speaker_number: int, seconds: float, seed: int = 0) -> np.ndarray:
    """Harmonics whose pitch belongs to the label, with a little noise: float64[samples]."""
    chance = np.random.default_rng((label_number, speaker_number, seed))
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 100 + 40 * label_number + 3 * speaker_number
    voice = sum(np.sin(2 * np.pi * pitch * harmonic * time) / harmonic for harmonic in range(1, 8))
    return 0.1 * voice * (1 + np.sin(2 * np.pi * (2 + label_number) * time)) + 0.005 * chance.normal(
        size=len(time)
    )


def spoken(label_number: int, speaker_number: int, seconds: float, seed: int = 0) -> np.ndarray:
    """The middle of what an actor said, float64[samples]; a buzz where there is no speech."""
    names = f"{1001 + speaker_number}_*_{CREMA_D[label_number]}_*.ogg"
    files = sorted((SPEECH_DIR / "crema-d" / "audio").glob(names))
    if not files:
        return buzz(label_number, speaker_number, seconds, seed)
    sound, rate = soundfile.read(files[seed])
    start = (len(sound) - round(seconds * rate)) // 2
    return sound[start : start + round(seconds * rate)]


def write_corpus(
    folder: Path, *, clips_each: int = 1, voice: Callable[[int, int, float, int], np.ndarray] = buzz
) -> Path:
    """Six labels, two speakers to train with, one each to validate and test; lengths differ."""
    (folder / "audio").mkdir(parents=True)
    speakers = (("ann", "train"), ("bob", "train"), ("eve", "validation"), ("tom", "test"))
    rows = []
    for speaker_number, (speaker, split) in enumerate(speakers):
        for label_number, label in enumerate(LABELS):
            for number in range(clips_each):
                name = f"audio/{speaker}_{label}_{number}.flac"
                seconds = 0.5 + 0.05 * ((label_number + speaker_number + number) % 4)
                sound = voice(label_number, speaker_number, seconds, number)
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
