"""Builds a Wav2Vec2 that computes what the teacher computes, from its front end, positions and blocks."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import Wav2Vec2Config, Wav2Vec2ForSequenceClassification

from training.recipes.front_end import CONV_KERNEL, CONV_STRIDE, PEDESTAL, fit_front_end
from training.recipes.steady_layer import N_CONSTANT, SteadyLayer
from training.recipes.teacher import HEADS, WIDTH, Teacher

N_BLOCKS = 3
# Positions differ up to 257 frames, a little over the five seconds of a serving window.
POSITION_KERNEL = 512
# The first frame is centred on sample 520, which lies between the teacher's frames 1 and 2.
FIRST_POSITION = 2
# Half precision holds it exactly, and speech next to it is small.
POSITION_PEDESTAL = 1024.0
BLOCK_PARTS = {
    "attn.query": "attention.q_proj",
    "attn.key": "attention.k_proj",
    "attn.value": "attention.v_proj",
    "attn.out": "attention.out_proj",
    "attn_ln": "layer_norm",
    "mlp.0": "feed_forward.intermediate_dense",
    "mlp.2": "feed_forward.output_dense",
    "mlp_ln": "final_layer_norm",
}


def transfer_weights(
    teacher: Teacher, waveforms: Sequence[Tensor], labels: Sequence[str]
) -> Wav2Vec2ForSequenceClassification:
    """A classifier whose frames are the teacher's third layer; its head is random.

    ``waveforms``, float32[samples] of zero mean and unit variance, are speech to fit the front end on.
    """
    front_end = fit_front_end(teacher, waveforms)
    model = Wav2Vec2ForSequenceClassification(_config(front_end, labels)).eval()
    with torch.no_grad():
        _fill_front_end(model, front_end)
        _fill_positions(model, teacher)
        for layer, weights in zip(model.wav2vec2.encoder.layers, teacher.block_weights, strict=False):
            _fill_block(layer, weights)
        _standardise(model, waveforms)
    return model


def _config(front_end: Sequence[SteadyLayer], labels: Sequence[str]) -> Wav2Vec2Config:
    return Wav2Vec2Config(
        hidden_size=WIDTH,
        num_hidden_layers=N_BLOCKS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        do_stable_layer_norm=True,
        feat_extract_norm="layer",
        conv_bias=True,
        conv_dim=[layer.width for layer in front_end],
        conv_kernel=CONV_KERNEL,
        conv_stride=CONV_STRIDE,
        num_conv_pos_embeddings=POSITION_KERNEL,
        num_conv_pos_embedding_groups=WIDTH,
        classifier_proj_size=WIDTH,
        apply_spec_augment=False,
        feat_proj_dropout=0.0,
        layerdrop=0.0,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )


def _fill_front_end(model: Any, front_end: Sequence[SteadyLayer]) -> None:
    for layer, ours in zip(front_end, model.wav2vec2.feature_extractor.conv_layers, strict=True):
        ours.conv.weight.copy_(layer.weight)
        ours.conv.bias.copy_(layer.bias)
        ours.layer_norm.weight.copy_(layer.norm_weight)
        ours.layer_norm.bias.copy_(layer.norm_bias)
    # One more norm stands before the blocks. The constants' pedestal keeps it steady as well; it still takes
    # each frame's mean, which changes no block, for they begin with a norm of their own.
    projection, width = model.wav2vec2.feature_projection, front_end[-1].width
    share = N_CONSTANT / width
    projection.layer_norm.weight.zero_()
    projection.layer_norm.weight[:WIDTH] = PEDESTAL * (share * (1 - share)) ** 0.5
    projection.layer_norm.bias.zero_()
    projection.projection.weight.copy_(torch.eye(WIDTH, width))
    projection.projection.bias.fill_(-POSITION_PEDESTAL)


def _fill_positions(model: Any, teacher: Teacher) -> None:
    """Absolute positions from a convolution: every channel stands on a pedestal of minus POSITION_PEDESTAL.

    At frame t the convolution sees t + 1 frames of pedestal and zeros before the clip began. Its taps are the
    steps from one position vector to the next, so they add up to the vector of frame t; the bias takes the
    pedestal away, and keeps the GELU where it changes nothing.
    """
    past = POSITION_KERNEL // 2 + 1
    vectors = teacher.positions[FIRST_POSITION : FIRST_POSITION + past]
    steps = torch.diff(vectors, dim=0, prepend=torch.zeros(1, WIDTH))
    directions = torch.ones(WIDTH, 1, POSITION_KERNEL)
    directions[:, 0, :past] = -steps.flip(0).T
    sizes = directions.norm(dim=(0, 1), keepdim=True) / POSITION_PEDESTAL
    # Taps that look ahead count for nothing; their direction only has to be one.
    sizes[..., past:] = 0.0
    convolution = model.wav2vec2.encoder.pos_conv_embed.conv
    convolution.parametrizations.weight.original0.copy_(sizes)
    convolution.parametrizations.weight.original1.copy_(directions)
    convolution.bias.fill_(POSITION_PEDESTAL)


def _fill_block(layer: Any, weights: Mapping[str, Tensor]) -> None:
    for theirs, ours in BLOCK_PARTS.items():
        part = layer.get_submodule(ours)
        part.weight.copy_(weights[f"{theirs}.weight"])
        bias = weights.get(f"{theirs}.bias")
        part.bias.copy_(torch.zeros_like(part.bias) if bias is None else bias)


def _standardise(model: Any, waveforms: Sequence[Tensor]) -> None:
    """Give every output channel zero mean and unit variance on speech: the head then learns evenly."""
    norm = model.wav2vec2.encoder.layer_norm
    frames = torch.cat([model.wav2vec2(each[None]).last_hidden_state[0] for each in waveforms])
    deviation = frames.std(dim=0).clamp_min(1e-3)
    norm.weight.copy_(1 / deviation)
    norm.bias.copy_(-frames.mean(dim=0) / deviation)
