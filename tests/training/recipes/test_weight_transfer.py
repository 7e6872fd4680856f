import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torchaudio.functional import melscale_fbanks

from tests.training.corpora import buzz
from tests.training.tiny_model import LABELS
from training.fitting.batches import normalised_batch
from training.recipes.front_end import HOP, fit_front_end
from training.recipes.teacher import N_BINS, WIDTH, Teacher
from training.recipes.weight_transfer import transfer_weights

pytestmark = pytest.mark.slow

# The student's first frame is centred on sample 520, the teacher's frame 2 on sample 640.
LAG, LEAD = 120, 2


@pytest.fixture(scope="module")
def teacher_folder(tmp_path_factory):
    """An encoder of the teacher's shape with random weights, as its authors name them."""
    folder = tmp_path_factory.mktemp("teacher")
    torch.manual_seed(0)
    shapes = {"conv1.weight": (WIDTH, 80, 3), "conv2.weight": (WIDTH, WIDTH, 3)}
    shapes |= {"conv1.bias": (WIDTH,), "conv2.bias": (WIDTH,)}
    for number in range(4):
        block = f"blocks.{number}"
        shapes |= {f"{block}.attn.{part}.weight": (WIDTH, WIDTH) for part in ("query", "key", "value", "out")}
        shapes |= {f"{block}.attn.{part}.bias": (WIDTH,) for part in ("query", "value", "out")}
        shapes |= {f"{block}.mlp.0.weight": (4 * WIDTH, WIDTH), f"{block}.mlp.0.bias": (4 * WIDTH,)}
        shapes |= {f"{block}.mlp.2.weight": (WIDTH, 4 * WIDTH), f"{block}.mlp.2.bias": (WIDTH,)}
    weights = {name: torch.randn(shape) / shape[-1] ** 0.5 / 2 for name, shape in shapes.items()}
    for number in range(4):
        for norm in ("attn_ln", "mlp_ln"):
            weights[f"blocks.{number}.{norm}.weight"] = torch.ones(WIDTH)
            weights[f"blocks.{number}.{norm}.bias"] = torch.zeros(WIDTH)
    weights["positional_embedding"] = torch.randn(1500, WIDTH).cumsum(dim=0).sin()
    save_file(
        {f"encoder.{name}": each.half() for name, each in weights.items()}, folder / "encoder.safetensors"
    )
    filters = melscale_fbanks(N_BINS, 0.0, 8000.0, 80, 16_000, norm="slaney", mel_scale="slaney")
    np.savez(folder / "mel_filters.npz", mel_80=filters.T.numpy())
    return folder


@pytest.fixture(scope="module")
def teacher(teacher_folder):
    return Teacher(teacher_folder)


def voices(seeds):
    """Buzzes of all pitches in noise of all levels, as the front end takes them: float32[samples] each."""
    found = []
    for seed in seeds:
        chance = np.random.default_rng(seed)
        voice = buzz(seed % 6, seed % 4, 1.5, seed)
        noise = chance.normal(size=len(voice)) * 10 ** chance.uniform(-3.5, -1.5)
        found.append(normalised_batch(torch.tensor(voice + noise, dtype=torch.float32)[None])[0])
    return found


@pytest.fixture(scope="module")
def grown(teacher):
    torch.manual_seed(0)
    return transfer_weights(teacher, voices(range(40)), LABELS)


def correlation(one, other):
    centred = [each - each.mean() for each in (one, other)]
    return float((centred[0] * centred[1]).sum() / (centred[0].norm() * centred[1].norm()))


def frames_of_both(grown, teacher, state):
    """The same hidden states of the grown model and of the teacher: float32[frames, width] each."""
    pairs = []
    for waveform in voices(range(100, 106)):
        with torch.inference_mode():
            ours = grown.wav2vec2(waveform[None, LAG:], output_hidden_states=True).hidden_states[state][0]
            theirs = teacher(waveform[None])[state][0, LEAD : LEAD + len(ours)]
        # Frames' means are heard by neither model's blocks.
        pairs.append((ours - ours.mean(dim=1, keepdim=True), theirs - theirs.mean(dim=1, keepdim=True)))
    return (torch.cat(each) for each in zip(*pairs, strict=True))


@pytest.mark.parametrize(("state", "at_least"), [(0, 0.98), (1, 0.97), (2, 0.96)])
def test_grown_model_says_what_the_teacher_says(grown, teacher, state, at_least):
    assert correlation(*frames_of_both(grown, teacher, state)) > at_least


def test_half_precision_changes_nothing_that_matters(grown):
    halved = type(grown)(grown.config).eval()
    halved.load_state_dict({name: weight.half().float() for name, weight in grown.state_dict().items()})
    waveform = voices([7])[0][None]
    with torch.inference_mode():
        before, after = (model.wav2vec2(waveform).last_hidden_state for model in (grown, halved))
    assert correlation(before, after) > 0.999


def test_front_end_hears_nothing_above_five_and_a_half_kilohertz(teacher):
    clips = voices(range(10))
    layers = fit_front_end(teacher, clips)
    time = torch.arange(len(clips[0])) / 16_000
    whistle = 0.3 * torch.sin(2 * torch.pi * 6500 * time)
    heard = []
    for waveform in (clips[0], clips[0] + whistle):
        inner = layers[0](waveform[None, None], HOP)
        for layer in layers[1:]:
            inner = layer(inner)
        heard.append(inner[0, : layers[-1].real])
    assert (heard[0] - heard[1]).norm() < 0.02 * heard[0].norm()


def test_grown_model_fits_the_shipped_size(grown):
    assert sum(weight.numel() for weight in grown.parameters()) < 10_000_000
