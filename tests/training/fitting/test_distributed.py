"""What torchrun may start several processes for."""

import pytest

from tests.training.corpora import write_corpus
from tests.training.tiny_model import LABELS
from training.datasets.corpus import read_corpus
from training.exceptions import CorpusRefused
from training.fitting.hyperparameters import Hyperparameters
from training.recipes.recipe import Sources, train_checkpoint

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("trained", ["top", "head"])
def test_several_processes_train_all_layers_or_none(trained, written_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "started by torchrun")
    corpus = read_corpus(write_corpus(tmp_path / "voices"), LABELS)
    sources = Sources(cache=tmp_path / "cache", checkpoint=written_checkpoint)
    with pytest.raises(CorpusRefused, match="one_process"):
        train_checkpoint(corpus, sources, Hyperparameters(trained=trained), tmp_path / "run")
    assert not (tmp_path / "run").exists()
