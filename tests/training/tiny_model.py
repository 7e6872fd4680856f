"""A random Wav2Vec2 of a few thousand weights: the real architecture, exported and served in a moment."""

import json
from pathlib import Path

from training import torchaudio_shim

LABELS = ("neutral", "happy", "sad", "angry", "fearful", "disgust")


def write_checkpoint(
    folder: Path, *, labels: tuple[str, ...] = LABELS, seed: int = 0, norm: str = "group"
) -> Path:
    """Write what transformers' save_pretrained writes for a fine-tuned classifier."""
    torchaudio_shim.install()
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForSequenceClassification

    torch.manual_seed(seed)
    config = Wav2Vec2Config(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(16, 16, 16),
        conv_kernel=(10, 8, 4),
        conv_stride=(5, 8, 4),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
        classifier_proj_size=8,
        feat_extract_norm=norm,
        do_stable_layer_norm=norm == "layer",
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    model = Wav2Vec2ForSequenceClassification(config)
    with torch.no_grad():
        # Ten times the usual spread, so that different waveforms and seeds give clearly different scores.
        model.classifier.weight.normal_(0, 2)
        model.projector.weight.normal_(0, 2)
    model.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(folder)
    return folder


def edit_json(path: Path, **changes: object) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **changes}))
