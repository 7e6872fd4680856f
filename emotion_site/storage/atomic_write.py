"""Files and folders that are whole or not there: written beside their place, then renamed.

A rename happens in one step, so readers find the old content or the new. A process that is killed leaves at
most a hidden file or folder beside the place.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing_file(path: Path, *, private: bool = False, beside: Path | None = None) -> Iterator[Path]:
    """The path of a hidden file, which takes the place of ``path`` when the block ends without an error.

    ``private`` files have a name of their own, so that several processes may write at once, and keep other
    users of the machine out. The others write over what a killed process left; ``beside`` is where they lie
    meanwhile, in the same folder unless said otherwise.
    """
    with _removed_on_error(_private_file(path) if private else beside or _beside(path)) as partial:
        yield partial
        partial.replace(path)


@contextmanager
def new_folder(path: Path, *, private: bool = False, replace: bool = False) -> Iterator[Path]:
    """A hidden empty folder beside ``path``, which takes its place when the block ends without an error.

    ``path`` must be empty or not there, unless ``replace`` removes it. ``private`` is that of
    ``replacing_file``.
    """
    if private:
        beside = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    else:
        beside = _beside(path)
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
    with _removed_on_error(beside) as partial:
        yield partial
        if replace:
            shutil.rmtree(path, ignore_errors=True)
        partial.rename(path)


def write_text(path: Path, text: str) -> None:
    """Replace the file by ``text`` in one step."""
    with replacing_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.part")


def _private_file(path: Path) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    os.close(descriptor)
    return Path(name)


@contextmanager
def _removed_on_error(partial: Path) -> Iterator[Path]:
    try:
        yield partial
    except BaseException:
        if partial.is_dir():
            shutil.rmtree(partial, ignore_errors=True)
        else:
            partial.unlink(missing_ok=True)
        raise
