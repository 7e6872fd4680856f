"""Clips, labels and speakers of a corpus on disk become rows and files of the site."""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from annotations.exceptions import ImportRefused
from annotations.imports.corpus_rows import CorpusRow
from annotations.models import CorpusColumns, Decision, DuplicateFile
from annotations.queue.entries import sync_entries
from classifier.audio.quarantine.decoding_job import Decoded
from classifier.clips import storage, uploads
from classifier.corpora.corpus_files import one_form
from classifier.models import Clip, Corpus, ModelVersion, Task
from emotion_site.exceptions import UserError

logger = logging.getLogger(__name__)

# Rows and files of so many clips are written together; a run that is killed loses no more than these.
BATCH = 64
MAX_SPEAKER = 80


@dataclass
class CorpusImport:
    """Clips that are new, that were there before, and that were left out, with an example of each reason."""

    corpus: Corpus
    added: int = 0
    already: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def reject(self, row: CorpusRow, reason: str) -> None:
        self.rejected[reason] += 1
        self.examples.setdefault(reason, row.file_name)


def open_corpus(*, name: str, task: Task) -> Corpus:
    """The corpus of this name. Raises ImportRefused when it belongs to another task."""
    if not name or len(name) > 80:
        raise ImportRefused("bad_name", "The name of a corpus has 1 to 80 characters.")
    corpus, _created = Corpus.objects.get_or_create(name=name, defaults={"task": task})
    if corpus.task_id != task.pk:
        raise ImportRefused("other_task", f"The corpus {name} was imported for another task.")
    return corpus


def import_rows(
    corpus: Corpus, rows: Sequence[CorpusRow], *, review: bool, progress: Callable[[int, int], None]
) -> CorpusImport:
    """Decode and keep what is not there yet. May be interrupted at any moment and run again.

    Raises UserError ``storage_full``, after which everything before is kept.
    """
    outcome = CorpusImport(corpus)
    known = _names_in(Clip.objects.filter(corpus=corpus))
    same_sound = _names_in(DuplicateFile.objects.filter(clip__corpus=corpus))
    todo: dict[tuple[str, Path], CorpusRow] = {}
    named: set[tuple[str, str]] = set()
    for row in rows:
        if row.rejected:
            outcome.reject(row, row.rejected)
        elif len(f"{corpus.name}:{row.speaker}") > MAX_SPEAKER:
            outcome.reject(row, "long_speaker")
        elif (row.split, one_form(row.file_name)) in same_sound:
            outcome.reject(row, "duplicate")
        elif (row.split, one_form(row.file_name)) in known or (row.split, row.path) in todo:
            outcome.already += 1
        else:
            # In one form, so that tables of other systems find it, unless another file has that name.
            name = row.file_name if (row.split, one_form(row.file_name)) in named else one_form(row.file_name)
            named.add((row.split, name))
            todo[row.split, row.path] = replace(row, file_name=name)
    new = list(todo.values())
    with ThreadPoolExecutor(settings.DECODER_PROCESSES) as threads:
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            store_batch(outcome, list(zip(batch, threads.map(_decode, batch), strict=True)), review)
            progress(start + len(batch), len(new))
    logger.info("Imported corpus=%s added=%d rejected=%d", corpus.pk, outcome.added, outcome.rejected.total())
    return outcome


def _names_in(rows: QuerySet[Any]) -> set[tuple[str, str]]:
    """Another program may have written the names of the same files otherwise since."""
    return {(split, one_form(name)) for split, name in rows.values_list("split", "file_name")}


def _decode(row: CorpusRow) -> Decoded | str:
    """The decoded file, or why it cannot be used."""
    try:
        return uploads.decode_upload(uploads.read_upload(ContentFile(row.path.read_bytes())))
    except UserError as error:
        return error.code
    except OSError:
        return "unreadable"


def store_batch(outcome: CorpusImport, batch: list[tuple[CorpusRow, Decoded | str]], review: bool) -> None:
    checksums = {clip_checksum(row, decoded) for row, decoded in batch if isinstance(decoded, Decoded)}
    alike = Clip.objects.filter(corpus=outcome.corpus, checksum__in=checksums)
    first_of: dict[str, UUID] = dict(alike.values_list("checksum", "pk"))
    clips: list[Clip] = []
    columns: list[CorpusColumns] = []
    duplicates: list[DuplicateFile] = []
    with ExitStack() as files, transaction.atomic():
        for row, decoded in batch:
            if isinstance(decoded, str):
                outcome.reject(row, decoded)
            elif first := first_of.get(clip_checksum(row, decoded)):
                outcome.reject(row, "duplicate")
                duplicates.append(DuplicateFile(clip_id=first, split=row.split, file_name=row.file_name))
            else:
                clip = _new_clip(outcome.corpus, row, decoded, review)
                files.enter_context(storage.written(clip.audio.name or "", decoded.flac))
                first_of[clip.checksum] = clip.pk
                clips.append(clip)
                if row.others:
                    columns.append(CorpusColumns(clip=clip, columns=row.others))
        Clip.objects.bulk_create(clips)
        CorpusColumns.objects.bulk_create(columns)
        DuplicateFile.objects.bulk_create(duplicates)
        task = outcome.corpus.task
        Decision.objects.bulk_create(_imported(clip, task) for clip in clips if clip.reference_label)
        sync_entries(clip.pk for clip in clips)
    outcome.added += len(clips)


def _new_clip(corpus: Corpus, row: CorpusRow, decoded: Decoded, review: bool) -> Clip:
    # A queue that puts the least sure first needs predictions, which a worker makes.
    waits = review and ModelVersion.objects.active(corpus.task.slug).exists()
    pk = uuid4()
    return Clip(
        pk=pk,
        corpus=corpus,
        file_name=row.file_name,
        reference_label=row.label,
        split=row.split,
        speaker=f"{corpus.name}:{row.speaker}",
        source=Clip.Source.CORPUS,
        status=Clip.Status.WAITING if waits else Clip.Status.DONE,
        audio=storage.name_for(pk),
        stored_bytes=len(decoded.flac),
        checksum=clip_checksum(row, decoded),
        duration_s=decoded.quality.duration_s,
        quality=decoded.quality.as_dict(),
        peaks=decoded.peaks,
        shared_for_review=review,
        shared_for_training=True,
    )


def clip_checksum(row: CorpusRow, decoded: Decoded) -> str:
    """SHA-256 of the waveform. Silence is a placeholder for absent audio, so each silent file is unique."""
    if not decoded.quality.digital_silence:
        return decoded.checksum
    return hashlib.sha256(f"{decoded.checksum}:{row.split}/{row.file_name}".encode()).hexdigest()


def _imported(clip: Clip, task: Task) -> Decision:
    return Decision(
        clip=clip,
        task=task,
        state=Decision.State.DECIDED,
        label=clip.reference_label,
        how=Decision.How.IMPORTED,
        decided_at=timezone.now(),
    )
