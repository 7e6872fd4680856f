"""Rows for the tests, each as plain as it may be."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from classifier.models import Clip, Label, ModelVersion, Prediction, Task
from classifier.predictions.certainty import is_silent
from emotion_site.models import ApiToken, OneTimeLink, User
from emotion_site.roles import Role, set_role
from emotion_site.sign_in.links import make_link
from emotion_site.sign_in.tokens import create_token

PASSWORD = "a long and quiet sentence"


class UserFactory(factory.django.DjangoModelFactory):
    """A person who can sign in with ``PASSWORD``; ``role="reviewer"`` gives another role than user."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda number: f"person{number}@example.org")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        role = Role(fields.pop("role", Role.USER))
        user = model_class.objects.create_user(password=fields.pop("password", PASSWORD), **fields)
        if role != Role.USER:
            set_role(user=user, role=role)
        return user


def make_api_token(user: User, *, days: int = 7) -> tuple[ApiToken, str]:
    """A token and its secret; ``days`` below zero makes one that has expired."""
    return create_token(user=user, name="notebook", days=days)


def make_one_time_link(purpose: OneTimeLink.Purpose, **fields: Any) -> tuple[OneTimeLink, str]:
    """A link and its secret, made by an administrator of its own unless ``created_by`` says otherwise."""
    if purpose != OneTimeLink.Purpose.FIRST_ADMINISTRATOR and "created_by" not in fields:
        fields["created_by"] = UserFactory(role="admin")
    return make_link(purpose=purpose, **fields)


def expire(link: OneTimeLink) -> None:
    OneTimeLink.objects.filter(pk=link.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


class ModelVersionFactory(factory.django.DjangoModelFactory):
    """A registered version without files; pages show it, nothing is predicted with it."""

    class Meta:
        model = ModelVersion

    task = factory.LazyFunction(lambda: Task.objects.get(slug="emotion"))
    number = factory.Sequence(lambda number: number + 1)
    origin = ModelVersion.Origin.IMPORTED
    folder = factory.LazyAttribute(lambda version: f"emotion/{version.number}")
    checksum = factory.Sequence(lambda number: f"{number:064x}")
    manifest = factory.LazyAttribute(
        lambda version: {"labels": [label.key for label in version.task.labels.all()]}
    )


class ClipFactory(factory.django.DjangoModelFactory):
    """A clip without a file. With ``answer="sad"`` it has a prediction, ``confidence`` sure of it."""

    class Meta:
        model = Clip
        skip_postgeneration_save = True

    owner = factory.SubFactory(UserFactory)
    title = factory.Sequence(lambda number: f"Clip {number}")
    source = Clip.Source.UPLOAD
    status = Clip.Status.DONE
    audio = factory.LazyAttribute(lambda clip: f"{clip.checksum[-2:]}/{clip.checksum}.flac")
    checksum = factory.Sequence(lambda number: f"{number:064x}")
    duration_s = 2.5
    quality = factory.LazyFunction(lambda: {"hints": [], "digital_silence": False})
    peaks = factory.LazyFunction(lambda: [0.1, 0.5, 0.2])

    @factory.post_generation
    def answer(clip, create: bool, label: str | None, **fields: Any) -> None:
        if label:
            PredictionFactory(clip=clip, answer=label, **fields)


class PredictionFactory(factory.django.DjangoModelFactory):
    """What a version says: ``answer`` with ``confidence``, the rest shared by the other labels."""

    class Meta:
        model = Prediction

    class Params:
        answer = "happy"

    clip = factory.SubFactory(ClipFactory)
    model_version = factory.LazyFunction(lambda: ModelVersion.objects.first() or ModelVersionFactory())
    label = factory.LazyAttribute(lambda prediction: Label.objects.get(key=prediction.answer))
    confidence = 0.8
    scores = factory.LazyAttribute(
        lambda prediction: {
            key: prediction.confidence if key == prediction.answer else (1 - prediction.confidence) / 5
            for key in Label.objects.values_list("key", flat=True)
        }
    )
    margin = factory.LazyAttribute(lambda prediction: prediction.confidence - (1 - prediction.confidence) / 5)
    entropy = 0.7
    milliseconds = 12.0

    @classmethod
    def _create(cls, model_class: type[Prediction], *args: Any, **fields: Any) -> Prediction:
        prediction = super()._create(model_class, *args, **fields)
        label = None if is_silent(prediction.clip.quality) else prediction.label
        Clip.objects.filter(pk=prediction.clip.pk).update(
            label=label,
            confidence=prediction.confidence,
            margin=prediction.margin,
            answered_by=prediction.model_version,
        )
        prediction.clip.refresh_from_db()
        return prediction
