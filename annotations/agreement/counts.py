"""Counts of labels, aggregated by the database: 300,000 reviews come back as some hundred rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db import connection
from django.db.models import CharField, Count, F, Value
from django.db.models.functions import Cast, Concat

from annotations.agreement.coefficients import Table
from annotations.models import CurrentReview, PickedBy
from classifier.models import Label, Task

# A clip's counts travel as digits of a number: so many labels in each, up to 4,095 reviews of a kind.
DIGIT_BITS = 12
LABELS_EACH = 5


@dataclass(frozen=True)
class ClipCounts:
    """Row ``i`` of ``table``: how often each label was given to ``clips[i]`` clips, last on ``days[i]``."""

    labels: Sequence[Label]
    table: Table
    clips: Table
    days: Sequence[date]

    def merged(self) -> tuple[Table, Table]:
        """``table`` and ``clips`` with one row for all days."""
        table, row_of = np.unique(self.table, axis=0, return_inverse=True)
        return table, np.bincount(row_of.ravel(), weights=self.clips, minlength=len(table)).astype(np.int64)


def clip_counts(task: Task) -> ClipCounts:
    """Current blind labels, without flags."""
    labels = list(task.labels.order_by("order"))
    columns = range(-(-len(labels) // LABELS_EACH))
    numbers = ", ".join(f"SUM({_digits(labels, column)}) AS n{column}" for column in columns)
    names = ", ".join(f"n{column}" for column in columns)
    table = CurrentReview._meta.db_table
    statement = f"""
        SELECT {names}, {_day("last")}, COUNT(*) FROM (
            SELECT {numbers}, MAX(created) AS last FROM {table}
            WHERE task_id = %s AND blind_label_id IS NOT NULL GROUP BY clip_id
        ) AS clips GROUP BY {names}, {_day("last")}
    """  # noqa: S608  # made of numbers and our own names
    with connection.cursor() as cursor:
        cursor.execute(statement, [task.pk])
        rows = cursor.fetchall()
    counts = [_counts([int(number) for number in row[:-2]], len(labels)) for row in rows]
    return ClipCounts(
        labels,
        np.array(counts, np.int64).reshape(-1, len(labels)),
        np.array([row[-1] for row in rows], np.int64),
        [date.fromisoformat(row[-2]) for row in rows],
    )


def _digits(labels: Sequence[Label], column: int) -> str:
    each = labels[column * LABELS_EACH : (column + 1) * LABELS_EACH]
    cases = " ".join(f"WHEN {label.pk} THEN {1 << DIGIT_BITS * index}" for index, label in enumerate(each))
    return f"CASE blind_label_id {cases} ELSE 0 END"


def _counts(numbers: Sequence[int], n_labels: int) -> list[int]:
    mask = (1 << DIGIT_BITS) - 1
    digits = (divmod(index, LABELS_EACH) for index in range(n_labels))
    return [numbers[column] >> DIGIT_BITS * digit & mask for column, digit in digits]


def _day(column: str) -> str:
    if connection.vendor == "postgresql":
        return f"TO_CHAR({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
    return f"SUBSTR({column}, 1, 10)"


def pair_counts(task: Task) -> dict[tuple[str, str], Table]:
    """For each two raters of the same clips: int[labels, labels], the first one's label first."""
    index = {pk: number for number, pk in enumerate(_label_ids(task))}
    table = CurrentReview._meta.db_table
    statement = f"""
        SELECT a.rater, b.rater, a.blind_label_id, b.blind_label_id, COUNT(*)
        FROM {table} a JOIN {table} b
          ON b.task_id = a.task_id AND b.clip_id = a.clip_id AND b.rater > a.rater
        WHERE a.task_id = %s AND a.rater <> ''
          AND a.blind_label_id IS NOT NULL AND b.blind_label_id IS NOT NULL
        GROUP BY a.rater, b.rater, a.blind_label_id, b.blind_label_id
    """  # noqa: S608  # the name of our own table
    pairs: dict[tuple[str, str], Table] = defaultdict(lambda: np.zeros((len(index), len(index)), np.int64))
    with connection.cursor() as cursor:
        cursor.execute(statement, [task.pk])
        for first, second, row, column, count in cursor.fetchall():
            pairs[first, second][index[row], index[column]] = count
    return dict(pairs)


@dataclass(frozen=True)
class VersionCounts:
    """``pairs`` int[labels, labels] of ``n_clips`` clips: the reviewers' label, then the version's."""

    number: int
    pairs: Table
    n_clips: int
    n_voices: int


def version_counts(task: Task) -> list[VersionCounts]:
    """Reviewers beside each model version on clips that were drawn at random, newest version first.

    A prediction later than the review proves nothing: the version may have been trained on it.
    """
    index = {pk: number for number, pk in enumerate(_label_ids(task))}
    drawn = CurrentReview.objects.filter(
        task=task,
        picked_by=PickedBy.RANDOM,
        blind_label__isnull=False,
        clip__predictions__model_version__task=task,
        clip__predictions__created__lt=F("created"),
    ).annotate(number=F("clip__predictions__model_version__number"))
    cells = drawn.values_list("number", "blind_label", "clip__predictions__label").annotate(n=Count("pk"))
    pairs: dict[int, Table] = defaultdict(lambda: np.zeros((len(index), len(index)), np.int64))
    for number, given, predicted, count in cells.order_by():
        pairs[number][index[given], index[predicted]] = count
    # Two people may have named a speaker alike.
    speaker = Concat(Cast("clip__owner", CharField()), Value("/"), "clip__speaker", output_field=CharField())
    distinct = {"clips": Count("clip", distinct=True), "voices": Count(speaker, distinct=True)}
    counted = drawn.values_list("number").annotate(**distinct)
    counts = {number: (clips, voices) for number, clips, voices in counted.order_by()}
    return [VersionCounts(number, pairs[number], *counts[number]) for number in sorted(pairs, reverse=True)]


def _label_ids(task: Task) -> list[int]:
    return list(task.labels.order_by("order").values_list("pk", flat=True))
