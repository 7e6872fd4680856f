"""Files of clips in the site's storage. Names are random; what a person called a file is never used."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from numpy.typing import NDArray

from classifier.audio.flac import decode_flac
from classifier.models import Clip
from emotion_site.exceptions import unavailable
from emotion_site.storage.unfinished import Note

logger = logging.getLogger(__name__)


def name_for(pk: UUID) -> str:
    return f"{pk.hex[:2]}/{pk.hex}.flac"


@contextmanager
def written(name: str, content: bytes) -> Iterator[None]:
    """Write a file for as long as the block succeeds; on any failure nothing of it is left.

    When the process is killed meanwhile, ``retention.remove_unfinished_files`` finds it.
    Raises UserError ``storage_full`` when the disk is full, ``busy`` when the database is locked.
    """
    note: Note | None = None
    try:
        note = Note(name)
        default_storage.save(name, ContentFile(content))
        yield
        note.done()
    except BaseException as error:
        default_storage.delete(name)
        if note is not None:
            note.done()
        if (outage := unavailable(error)) is not None:
            logger.error("Could not store a clip reason=%s", error)
            raise outage from error
        raise
    finally:
        if note is not None:
            note.close()


def read_waveform(clip: Clip) -> NDArray[np.float32]:
    """float32[samples], mono, 16 kHz, exactly as it was predicted at first."""
    with clip.audio.open("rb") as file:
        return decode_flac(file.read())
