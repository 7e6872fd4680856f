"""One pool of real decoder processes for all tests of decoding."""

from collections.abc import Callable, Iterator

import pytest

from classifier.audio.limits import Limits
from classifier.audio.quarantine.pool import DecoderPool
from tests.classifier.audio.processes import zombies


@pytest.fixture(scope="session")
def limits() -> Limits:
    return Limits()


@pytest.fixture(scope="session")
def pool(limits) -> Iterator[DecoderPool]:
    pool = DecoderPool(limits)
    pool.start()
    yield pool
    pool.close()


@pytest.fixture
def new_pool() -> Iterator[Callable[..., DecoderPool]]:
    """Makes pools whose processes may be mistreated. Afterwards nothing of them is left, no zombie either."""
    pools: list[DecoderPool] = []

    def make(limits: Limits | None = None, **options: float) -> DecoderPool:
        pools.append(DecoderPool(limits or Limits(), **{"processes": 1, **options}))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
    assert zombies() == []
