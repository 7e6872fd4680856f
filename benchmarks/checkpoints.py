"""``python -m benchmarks.checkpoints FOLDER`` writes a checkpoint of Wav2Vec2-base's size, weights random."""

import sys
from pathlib import Path

from training import torchaudio_shim

LABELS = ["neutral", "happy", "sad", "angry", "fearful", "disgust"]


def write_base_sized(folder: Path) -> None:
    torchaudio_shim.install()
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    torch.manual_seed(0)
    config = Wav2Vec2Config(  # its defaults are those of Wav2Vec2-base
        id2label=dict(enumerate(LABELS)), label2id={label: number for number, label in enumerate(LABELS)}
    )
    Wav2Vec2ForSequenceClassification(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)


if __name__ == "__main__":
    write_base_sized(Path(sys.argv[1]))
