"""Reviews made elsewhere become reviews of the clips of imported corpora."""

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from annotations.imports.review_rows import RejectedRow, ReviewRow
from annotations.models import CurrentReview, Decision, DecisionChange, DuplicateFile, QueueEntry, Review
from annotations.reviews import log
from annotations.reviews.decisions import Vote, plurality
from classifier.corpora.corpus_files import one_form, written_forms
from classifier.models import Clip, Task

logger = logging.getLogger(__name__)

BATCH = 2000
T = TypeVar("T")


@dataclass
class ReviewImport:
    """Reviews that are new, were there before, or were left out, with an example of each reason."""

    added: int = 0
    already: int = 0
    decided: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def reject(self, file_name: str, reason: str) -> None:
        self.rejected[reason] += 1
        self.examples.setdefault(reason, file_name)


def import_reviews(
    task: Task, rows: Iterable[ReviewRow | RejectedRow], *, decide: bool, progress: Callable[[int], None]
) -> ReviewImport:
    """Append what is new and decide the clips it is about.

    A label that came with a corpus stays unless ``decide``. May be interrupted and run again.
    """
    outcome = ReviewImport()
    clips = ClipNames(task)
    touched: set[UUID] = set()
    for batch in _batches(rows):
        touched |= _append(task, clips, batch, outcome)
        progress(outcome.added + outcome.already)
    for ids in _batches(sorted(touched)):
        outcome.decided += decide_by_plurality(task, ids, replace_imported=decide)
    logger.info("Imported reviews task=%s added=%d", task.slug, outcome.added)
    return outcome


class ClipNames:
    """Clips of corpora by the file name they were imported with."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def find(self, names: set[str]) -> dict[str, list[UUID]]:
        """By normalised names. Several where the name is ambiguous; own corpora come first."""
        found: dict[str, list[tuple[bool, UUID]]] = defaultdict(list)
        written = {form for name in names for form in written_forms(name)}
        rows = Clip.objects.present().filter(corpus__isnull=False, file_name__in=written)
        same = DuplicateFile.objects.filter(file_name__in=written, clip__deleted_at__isnull=True)
        for name, pk, task_id in [
            *rows.values_list("file_name", "pk", "corpus__task"),
            *same.values_list("file_name", "clip", "clip__corpus__task"),
        ]:
            found[one_form(name)].append((task_id == self._task.pk, pk))
        return {
            name: [pk for is_own, pk in clips if is_own] or [pk for _is_own, pk in clips]
            for name, clips in found.items()
        }


@transaction.atomic
def _append(
    task: Task, clips: ClipNames, batch: list[ReviewRow | RejectedRow], outcome: ReviewImport
) -> set[UUID]:
    """Write the reviews of a batch; the clips they are about."""
    named = clips.find({row.file_name for row in batch})
    reviews: dict[str, Review] = {}
    touched = set()
    for row in batch:
        matches = named.get(row.file_name, [])
        if isinstance(row, RejectedRow):
            outcome.reject(row.file_name, row.reason)
            continue
        if len(matches) != 1:
            outcome.reject(row.file_name, "ambiguous" if matches else "unknown_file")
            continue
        review = _review(task, matches[0], row)
        outcome.already += review.client_id in reviews
        reviews[review.client_id] = review
        touched.add(matches[0])
    known = set(Review.objects.filter(client_id__in=reviews).values_list("client_id", flat=True))
    new = [review for client_id, review in reviews.items() if client_id not in known]
    Review.objects.bulk_create(new)
    _make_current(task, new)
    outcome.added += len(new)
    outcome.already += len(known)
    return touched


def _review(task: Task, clip_id: UUID, row: ReviewRow) -> Review:
    return Review(
        task=task,
        clip_id=clip_id,
        rater=row.rater,
        kind=Review.Kind.BLIND,
        label=row.label,
        client_id=row.client_id(task, clip_id),
        created=row.created or timezone.now(),
    )


def _make_current(task: Task, reviews: list[Review]) -> None:
    """An anonymous vote counts for itself; the last one of a named person counts for all of theirs."""
    named = [review for review in reviews if review.rater]
    rows = CurrentReview.objects.filter(task=task, clip__in={review.clip_id for review in named}).exclude(
        rater=""
    )
    known = {(row.clip_id, row.rater): row for row in rows}
    new: list[CurrentReview] = []
    changed: set[tuple[UUID, str]] = set()
    for review in reviews:
        key = (review.clip_id, review.rater)
        current = known.get(key) if review.rater else None
        if current is None:
            current = log.new_current_review(review)
            new.append(current)
            if review.rater:
                known[key] = current
        elif current.pk:
            changed.add(key)
        log.apply_review(current, review)
    CurrentReview.objects.bulk_create(new)
    CurrentReview.objects.bulk_update(
        [known[key] for key in changed], ["review", "label", "flag", "blind_label", "blind_flag"]
    )


@transaction.atomic
def decide_by_plurality(task: Task, clip_ids: list[UUID], *, replace_imported: bool) -> int:
    """Decide clips from all their reviews, and count these in the queue; how many decisions changed."""
    votes: dict[UUID, list[Vote]] = defaultdict(list)
    rows = CurrentReview.objects.filter(task=task, clip__in=clip_ids)
    for clip_id, label_id, flag in rows.values_list("clip_id", "label_id", "flag"):
        votes[clip_id].append((label_id, flag))
    _count_in_queue(task, votes)
    kept = {Decision.How.ADJUDICATED} | ({Decision.How.IMPORTED} if not replace_imported else set())
    known = {row.clip_id: row for row in Decision.objects.filter(task=task, clip__in=clip_ids)}
    new: list[Decision] = []
    changed: list[Decision] = []
    for clip_id, given in votes.items():
        decision = known.get(clip_id) or Decision(clip_id=clip_id, task=task)
        if decision.how in kept or not _decide(decision, given):
            continue
        (changed if clip_id in known else new).append(decision)
    Decision.objects.bulk_create(new)
    Decision.objects.bulk_update(changed, ["state", "label", "flag", "how", "decided_by", "decided_at"])
    DecisionChange.objects.bulk_create(_steps([*new, *changed]))
    return len(new) + len(changed)


def _decide(decision: Decision, votes: list[Vote]) -> bool:
    """Set the most frequent answer; whether that changes anything."""
    before = (decision.state, decision.label_id, decision.flag, decision.how)
    decision.state, decision.label_id, decision.flag = plurality(votes, needed=1)
    decision.how = Decision.How.CONSENSUS if decision.is_settled else ""
    decision.decided_by = None
    decision.decided_at = timezone.now() if decision.is_settled else None
    return before != (decision.state, decision.label_id, decision.flag, decision.how)


def _steps(decisions: Iterable[Decision]) -> Iterator[DecisionChange]:
    for row in decisions:
        yield DecisionChange(
            clip_id=row.clip_id,
            task_id=row.task_id,
            state=row.state,
            label_id=row.label_id,
            flag=row.flag,
            how=row.how,
        )


def _count_in_queue(task: Task, votes: dict[UUID, list[Vote]]) -> None:
    waiting = QueueEntry.objects.filter(task=task, clip__in=list(votes))
    entries = list(waiting.select_for_update().order_by("pk"))
    for entry in entries:
        entry.given = len(votes[entry.clip_id])
        entry.is_open = entry.is_open and entry.given < entry.needed
    QueueEntry.objects.bulk_update(entries, ["given", "is_open"])


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
