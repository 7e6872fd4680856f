"""Decided clips with real sound in the site's storage, as reviewing and importing leave them."""

from functools import cache

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from annotations.models import Decision
from classifier.audio import waveform as sound
from classifier.audio.flac import encode_flac
from classifier.clip_files import name_for
from classifier.models import Clip, Corpus, Label
from emotion_site.models import User
from tests.factories import ClipFactory
from tests.training.corpora import buzz
from tests.training.tiny_model import LABELS


def decided_clip(label: str, *, waveform: np.ndarray, how: str = "single", **fields) -> Clip:
    """A clip with its file and its decision; shared both ways unless ``fields`` say otherwise."""
    checksum, flac = _stored(waveform.astype(np.float64).tobytes())
    shared = {"shared_for_review": True, "shared_for_training": True}
    clip = ClipFactory(**{**shared, **fields}, checksum=checksum, duration_s=len(waveform) / 16_000)
    clip.audio = name_for(clip.pk)
    default_storage.save(clip.audio.name, ContentFile(flac))
    clip.save()
    Decision.objects.update_or_create(
        clip=clip,
        task=Label.objects.get(key=label).task,
        defaults={
            "state": Decision.State.DECIDED,
            "label": Label.objects.get(key=label),
            "how": how,
            "decided_at": timezone.now(),
        },
    )
    return clip


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
    for number, (speaker, split) in enumerate(speakers):
        for label in labels:
            for seed in range(clips_each):
                decided_clip(
                    label,
                    waveform=spoken(label, number, seed=seed),
                    how="imported",
                    owner=None,
                    corpus=corpus,
                    source=Clip.Source.CORPUS,
                    speaker=f"{name}:{speaker}",
                    split=split,
                    file_name=f"{speaker}_{label}_{seed}.wav",
                    reference_label=Label.objects.get(key=label),
                )
    return corpus


def decided_by_people(owner: User, n_speakers: int = 5) -> list[Clip]:
    """Two clips of each speaker that the owner named."""
    return [
        decided_clip(label, waveform=spoken(label, 10 + number), owner=owner, speaker=f"voice {number}")
        for number in range(n_speakers)
        for label in ("happy", "sad")
    ]
