"""`python -m benchmarks.head_training`: a head adapted to 500 clips of 3 s, against plain Trainer, as JSON.

Plain Trainer hears every clip again in each epoch; ours hears it once per copy and keeps what the frozen
part said. The targets are five minutes, and a third of plain Trainer's time.
"""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.corpus import SHIPPED, write_corpus
from classifier.inference.manifest import read_manifest
from training import torchaudio_shim
from training.datasets.corpus import read_corpus

WITHIN_S, RATIO = 300.0, 3.0


def main() -> int:
    # Before anything that needs torchaudio.
    torchaudio_shim.install()
    from benchmarks.trainings import with_kept_features, with_plain_trainer

    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        labels = read_manifest(SHIPPED).labels
        corpus = read_corpus(write_corpus(folder / "corpus", labels), labels)
        ours_s = with_kept_features(corpus, folder)
        plain_s = with_plain_trainer(corpus, folder)
    result = {
        "benchmark": "head on 500 clips of 3 s",
        "ours_s": round(ours_s, 1),
        "plain_trainer_s": round(plain_s, 1),
        "ratio": round(plain_s / ours_s, 2),
        "met": ours_s < WITHIN_S and plain_s / ours_s >= RATIO,
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
