import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

CODE = """
from training import torchaudio_shim
torchaudio_shim.install()
torchaudio_shim.install()
import torch, torchaudio
from transformers import Wav2Vec2Model
half = torchaudio.functional.resample(torch.ones(1, 1000), 16000, 8000)
assert half.shape == (1, 500), half.shape
"""


@pytest.mark.slow
def test_torchaudio_and_transformers_can_be_imported_and_used():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
