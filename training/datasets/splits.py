"""Every speaker keeps one split for good, so that no model is tested on a speaker it was trained on."""

import hashlib
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from classifier.models import Clip, Task
from training.models import SpeakerSplit

Split = Clip.Split
# From this many speakers on there is one to validate and one to test with.
ENOUGH_SPEAKERS = 5
TRAIN_SHARE, VALIDATION_SHARE = 0.8, 0.1


@dataclass(frozen=True)
class SpeakerKey:
    """The speaker of a person's clip: whom they named, or themselves."""

    owner_id: int
    name: str


def speaker_key_of(clip: Clip) -> SpeakerKey | None:
    """None for clips of a corpus, whose speakers keep their names and splits."""
    return None if clip.owner_id is None else SpeakerKey(clip.owner_id, clip.speaker)


def splits_of(task: Task, voices: Iterable[SpeakerKey]) -> dict[SpeakerKey, SpeakerSplit]:
    """The splits of these speakers; those that have none yet are drawn.

    Call it in a transaction that holds the task's row, so that two draws cannot cross.
    """
    rows = SpeakerSplit.objects.filter(task=task)
    known = {SpeakerKey(row.owner_id, row.name): row for row in rows}
    taken = [row.split for row in known.values()]
    new = []
    for voice in sorted(set(voices) - known.keys(), key=lambda voice: (voice.owner_id, voice.name)):
        pseudonym = f"speaker-{secrets.token_hex(6)}"
        split = draw_split(pseudonym, taken)
        taken.append(split)
        row = SpeakerSplit(
            task=task, owner_id=voice.owner_id, name=voice.name, pseudonym=pseudonym, split=split
        )
        known[voice] = row
        new.append(row)
    SpeakerSplit.objects.bulk_create(new)
    return known


def draw_split(pseudonym: str, taken: Collection[str]) -> str:
    """The split by the pseudonym's hash, unless the first five would then lack validation or test.

    A split that was drawn never changes, so the fourth and the fifth speaker fill what is missing.
    """
    missing = [split for split in (Split.VALIDATION, Split.TEST) if split not in taken]
    left = ENOUGH_SPEAKERS - len(taken)
    if missing and left <= len(missing):
        return missing[0]
    share = int(hashlib.sha256(pseudonym.encode()).hexdigest(), 16) % 10_000 / 10_000
    if share < TRAIN_SHARE:
        return Split.TRAIN
    return Split.VALIDATION if share < TRAIN_SHARE + VALIDATION_SHARE else Split.TEST
