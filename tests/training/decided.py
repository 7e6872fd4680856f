"""Decided clips with real sound in the site's storage, as reviewing and importing leave them."""

from functools import cache
from itertools import product
from uuid import uuid4

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from annotations.models import Decision
from annotations.queue.entries import sync_entries
from classifier.audio import waveform as sound
from classifier.audio.flac import encode_flac
from classifier.clips.storage import name_for
from classifier.models import Clip, Corpus, Label
from emotion_site.models import User
from tests.factories import ClipFactory, UserFactory
from tests.training.corpora import buzz
from tests.training.tiny_model import LABELS


def decided_clip(label: str, *, waveform: np.ndarray, how: str = "single", **fields) -> Clip:
    """A clip with its file and its decision; shared both ways unless ``fields`` say otherwise."""
    clip = _clip(waveform, **fields)
    _keep([(clip, label)], how)
    return clip


def _clip(waveform: np.ndarray, **fields) -> Clip:
    """Not in the database yet, but its file is in its place."""
    checksum, flac = _stored(waveform.astype(np.float64).tobytes())
    pk = uuid4()
    default_storage.save(name_for(pk), ContentFile(flac))
    given = {
        "pk": pk,
        "shared_for_review": True,
        "shared_for_training": True,
        "audio": name_for(pk),
        **fields,
    }
    if "owner" not in given:
        given["owner"] = UserFactory()
    return ClipFactory.build(**given, checksum=checksum, duration_s=len(waveform) / 16_000)


@transaction.atomic
def _keep(labelled: list[tuple[Clip, str]], how: str) -> None:
    """Together, as an import does."""
    Clip.objects.bulk_create(clip for clip, _label in labelled)
    labels = {label.key: label for label in Label.objects.select_related("task")}
    decided = {"state": Decision.State.DECIDED, "how": how, "decided_at": timezone.now()}
    Decision.objects.bulk_create(
        Decision(clip=clip, task=labels[key].task, label=labels[key], **decided) for clip, key in labelled
    )
    sync_entries(clip.pk for clip, _label in labelled)


@cache
def _stored(samples: bytes) -> tuple[str, bytes]:
    """Checksum and file of float64[samples]; the same few sounds are asked for again and again."""
    waveform = sound.to_waveform(sound.to_pcm(np.frombuffer(samples)))
    return sound.checksum(waveform), encode_flac(waveform)


@cache
def spoken(label: str, speaker: int, *, seconds: float = 0.5, seed: int = 0) -> np.ndarray:
    return buzz(LABELS.index(label), speaker, seconds, seed)


def decided_corpus(name: str = "voices", *, clips_each: int = 1, labels: tuple[str, ...] = LABELS) -> Corpus:
    """Two speakers to train with, one to validate, two to test; every label once per speaker and round."""
    task = Label.objects.get(key="sad").task
    corpus = Corpus.objects.create(name=name, task=task)
    speakers = [("ann", "train"), ("bob", "train"), ("eve", "validation"), ("tom", "test"), ("una", "test")]
    rounds = product(enumerate(speakers), Label.objects.filter(key__in=labels), range(clips_each))
    labelled = []
    for (number, (speaker, split)), label, seed in rounds:
        clip = _clip(
            spoken(label.key, number, seed=seed),
            owner=None,
            corpus=corpus,
            source=Clip.Source.CORPUS,
            speaker=f"{name}:{speaker}",
            split=split,
            file_name=f"{speaker}_{label.key}_{seed}.wav",
            reference_label=label,
        )
        labelled.append((clip, label.key))
    _keep(labelled, "imported")
    return corpus


def decided_by_people(owner: User, n_speakers: int = 5) -> list[Clip]:
    """Two clips of each speaker that the owner named."""
    return [
        decided_clip(label, waveform=spoken(label, 10 + number), owner=owner, speaker=f"voice {number}")
        for number in range(n_speakers)
        for label in ("happy", "sad")
    ]
