import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_log(verbosity: int) -> Iterator[None]:
    """Keep routine records out of a command's stderr, which people read.

    What a person has to know, the command says itself; ``--verbosity 2`` brings the log back.
    """
    root = logging.getLogger()
    usual = root.level
    if verbosity < 2:
        root.setLevel(max(usual, logging.ERROR))
    try:
        yield
    finally:
        root.setLevel(usual)
