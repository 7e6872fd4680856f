"""Freezes decided clips into a snapshot: the rows in one transaction, then a worker writes the files."""

import hashlib
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max
from django.utils.translation import gettext_lazy as _

from annotations.exports.labels import ExportOptions, exportable
from annotations.models import CurrentReview, Decision
from classifier.models import Clip, Task
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import require_admin
from training import tasks
from training.datasets.corpus import SPLITS
from training.datasets.splits import speaker_key_of, splits_of
from training.models import Snapshot, SnapshotClip

logger = logging.getLogger(__name__)

CHUNK = 500
# With fewer clips a label is hardly learned from its training split, and hardly measured by the others.
FEW_TO_LEARN, FEW_TO_JUDGE = 20, 5


@dataclass(frozen=True)
class FreezeOptions:
    """What goes into a snapshot beside the clips that people shared and reviewers decided."""

    with_corpora: bool = True


@dataclass(frozen=True)
class FreezeResult:
    """A snapshot, and whether it is new: equal clips, labels and splits are the same snapshot."""

    snapshot: Snapshot
    created: bool


def freeze_snapshot(
    *, task: Task, administrator: User | None, options: FreezeOptions | None = None, later: bool = True
) -> FreezeResult:
    """Freeze what is decided and shared now; a worker writes the files unless ``later`` is off.

    ``administrator`` is None at the terminal. Raises PermissionDenied, and UserError ``no_decided_clips``
    or ``speaker_in_two_splits``.
    """
    if administrator is not None:
        require_admin(administrator)
    with transaction.atomic():
        task = Task.objects.select_for_update().get(pk=task.pk)
        clips = _clips_to_freeze(task, options or FreezeOptions())
        checksum = snapshot_checksum(clips)
        same = Snapshot.objects.filter(task=task, checksum=checksum, n_erased=0)
        known = same.exclude(state=Snapshot.State.FAILED).first()
        if known is not None:
            return FreezeResult(known, created=False)
        snapshot = _keep(task, clips, checksum, administrator, options or FreezeOptions())
        if later:
            transaction.on_commit(lambda: tasks.write_snapshot.enqueue(snapshot.pk))
    logger.info("Froze snapshot=%s clips=%d", snapshot.pk, snapshot.n_clips)
    return FreezeResult(snapshot, created=True)


def snapshot_checksum(clips: Sequence[SnapshotClip]) -> str:
    """SHA-256 over the sorted lines ``waveform_sha256,label,soft labels,speaker,split``."""
    lines = sorted(
        ",".join([clip.waveform_sha256, clip.label.key, *clip.shares, clip.speaker, clip.split])
        for clip in clips
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _keep(
    task: Task, clips: list[SnapshotClip], checksum: str, creator: User | None, options: FreezeOptions
) -> Snapshot:
    highest = Snapshot.objects.filter(task=task).aggregate(highest=Max("number"))["highest"] or 0
    labels = task.label_keys()
    counts = _counts(clips, labels)
    seconds = {split: sum(clip.duration_s for clip in clips if clip.split == split) for split in SPLITS}
    snapshot = Snapshot.objects.create(
        task=task,
        number=highest + 1,
        checksum=checksum,
        labels=labels,
        options=asdict(options),
        n_clips=len(clips),
        seconds={split: round(length, 1) for split, length in seconds.items()},
        counts=counts,
        warnings=_warnings(counts),
        created_by=creator,
    )
    for clip in clips:
        clip.snapshot = snapshot
    SnapshotClip.objects.bulk_create(clips, batch_size=CHUNK)
    return snapshot


def _clips_to_freeze(task: Task, options: FreezeOptions) -> list[SnapshotClip]:
    wanted = exportable(ExportOptions(task, "audiofolder"))
    if not options.with_corpora:
        wanted = wanted.exclude(how=Decision.How.IMPORTED)
    decisions = list(wanted)
    if not decisions:
        raise UserError(
            "no_decided_clips",
            _("No clip is decided and shared for review and training yet, so there is nothing to freeze."),
            status=409,
        )
    voices = {decision.clip_id: speaker_key_of(decision.clip) for decision in decisions}
    splits = splits_of(task, [voice for voice in voices.values() if voice is not None])
    votes = _votes(task, [decision.clip_id for decision in decisions])
    labels = list(task.labels.order_by("order").values_list("pk", flat=True))
    clips = []
    for decision in decisions:
        voice = voices[decision.clip_id]
        row = splits[voice] if voice is not None else None
        clips.append(_frozen(decision, row, votes[decision.clip_id], labels))
    _require_whole_speakers(clips)
    return clips


def _frozen(decision: Decision, row: Any, votes: dict[int, int], labels: list[int]) -> SnapshotClip:
    clip = decision.clip
    if row is None:
        # A corpus keeps its splits; what came without one is for learning.
        speaker, split = clip.speaker or str(clip.pk), clip.split or Clip.Split.TRAIN
    else:
        speaker, split = row.pseudonym, row.split
    if not votes:
        votes = {decision.label_id or 0: 1}
    total = sum(votes.values())
    return SnapshotClip(
        clip=clip,
        label=decision.label,
        how=decision.how,
        soft_labels=[round(votes.get(label, 0) / total, 6) for label in labels],
        speaker=speaker,
        split=split,
        duration_s=clip.duration_s,
        waveform_sha256=clip.checksum,
        file=f"{split}/audio/{clip.pk}.flac",
    )


def _votes(task: Task, clip_ids: Sequence[UUID]) -> dict[UUID, dict[int, int]]:
    found: dict[UUID, dict[int, int]] = defaultdict(dict)
    for start in range(0, len(clip_ids), CHUNK):
        chunk = clip_ids[start : start + CHUNK]
        rows = CurrentReview.objects.filter(task=task, clip__in=chunk, label__isnull=False)
        for clip_id, label_id, n in (
            rows.values_list("clip_id", "label_id").annotate(n=Count("pk")).order_by()
        ):
            found[clip_id][label_id] = n
    return found


def _require_whole_speakers(clips: Sequence[SnapshotClip]) -> None:
    splits: dict[str, set[str]] = defaultdict(set)
    for clip in clips:
        splits[clip.speaker].add(clip.split)
    mixed = sorted(speaker for speaker, names in splits.items() if len(names) > 1)
    if mixed:
        raise UserError(
            "speaker_in_two_splits",
            _(
                "A corpus has the same speaker in several splits: %(speakers)s. Import it with one split "
                "per speaker."
            )
            % {"speakers": ", ".join(mixed[:5])},
            status=409,
        )


def _counts(clips: Sequence[SnapshotClip], labels: Sequence[str]) -> dict[str, dict[str, int]]:
    found = Counter((clip.split, clip.label.key) for clip in clips)
    return {split: {label: found[split, label] for label in labels} for split in SPLITS}


def _warnings(counts: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """Codes with their values; the sentences are made where they are shown."""
    warnings: list[dict[str, Any]] = []
    for split, per_label in counts.items():
        few = FEW_TO_LEARN if split == Clip.Split.TRAIN else FEW_TO_JUDGE
        if not any(per_label.values()):
            warnings.append({"code": "empty_split", "split": split})
            continue
        for label, n in per_label.items():
            if n < few:
                warnings.append({"code": "few_clips", "split": split, "label": label, "clips": n})
    return warnings
