"""Trains only the head of a classifier: the frozen part runs over every clip once, and its answer is kept."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import Wav2Vec2ForSequenceClassification

from classifier.audio.waveform import Waveform
from training.fitting.augmentation import ClipChange
from training.fitting.batches import heard_pieces, normalised_batch

LBFGS_STEPS = 200


def pooled_features(
    model: Wav2Vec2ForSequenceClassification,
    waveforms: Iterable[Waveform],
    progress: Callable[[int], None] | None = None,
    change: ClipChange | None = None,
) -> Tensor:
    """float32[clips, hidden size]: what the head sees of each clip, long ones window by window."""
    rows = []
    with torch.inference_mode():
        for number, waveform in enumerate(waveforms, start=1):
            heard = torch.from_numpy(waveform)[None]
            pieces = heard_pieces(change(heard, number) if change else heard)
            means = [model.wav2vec2(normalised_batch(each)).last_hidden_state.mean(dim=1) for each in pieces]
            rows.append(torch.stack(means).mean(dim=0) if len(means) > 1 else means[0])
            if progress:
                progress(number)
    return torch.cat(rows)


def head_logits(model: Wav2Vec2ForSequenceClassification, features: Tensor) -> Tensor:
    """float32[clips, labels] of pooled features. Projecting and taking the mean may change places."""
    logits: Tensor = model.classifier(model.projector(features))
    return logits


def fit_head(
    model: Wav2Vec2ForSequenceClassification,
    features: Tensor,
    targets: Tensor,
    *,
    decay: float = 2e-2,
    anew: bool = True,
) -> float:
    """Fit the head, in place, to soft targets float32[clips, labels]; return the final loss.

    ``anew`` forgets what the head knew; otherwise it is drawn away from that only as far as the clips ask
    for. Two linear maps in a row are one, so only the last is fitted, and a new projector is the identity
    where it is square. The best classifier, which is then unique, is found by L-BFGS.
    """
    # What was made in inference mode cannot take part in learning; its copy can.
    features = features.clone()
    with torch.no_grad():
        if anew:
            _forget(model)
        projected = model.projector(features)
    classifier = model.classifier.requires_grad_(True)
    known = classifier.weight.detach().clone()
    optimiser = torch.optim.LBFGS(
        list(classifier.parameters()), max_iter=LBFGS_STEPS, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        optimiser.zero_grad()
        fit = functional.cross_entropy(classifier(projected), targets)
        penalised: Tensor = fit + decay * (classifier.weight - known).square().sum() / 2
        penalised.backward()
        return penalised

    optimiser.step(loss)
    return loss().item()


def _forget(model: Wav2Vec2ForSequenceClassification) -> None:
    if model.projector.in_features == model.projector.out_features:
        nn.init.eye_(model.projector.weight)
        nn.init.zeros_(model.projector.bias)
    nn.init.zeros_(model.classifier.weight)
    nn.init.zeros_(model.classifier.bias)
