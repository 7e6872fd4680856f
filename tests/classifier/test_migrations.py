"""What migrations do to rows that were there before."""

from importlib import import_module

import pytest
from django.apps import apps

from classifier.models import Clip, Label
from tests.factories import ClipFactory, ModelVersionFactory, PredictionFactory

pytestmark = pytest.mark.django_db


def test_silent_clips_lose_the_label_they_were_counted_under():
    clips = {
        is_silent: ClipFactory(quality={"hints": [], "digital_silence": is_silent})
        for is_silent in (True, False)
    }
    Clip.objects.update(label=Label.objects.get(key="neutral"))
    migration = import_module("classifier.migrations.0008_silent_clips_without_label")
    migration.take_label_off(apps, None)
    assert not Clip.objects.filter(pk=clips[True].pk, label__isnull=False).exists()
    assert Clip.objects.filter(pk=clips[False].pk, label__key="neutral").exists()


def test_clips_remember_the_newest_version_that_answered():
    clip, waiting = ClipFactory(), ClipFactory()
    old, new = ModelVersionFactory(number=1), ModelVersionFactory(number=2)
    for version in (new, old):
        PredictionFactory(clip=clip, model_version=version)
    Clip.objects.update(answered_by=None)
    import_module("classifier.migrations.0011_fill_answered_by").fill(apps, None)
    assert Clip.objects.get(pk=clip.pk).answered_by == new
    assert Clip.objects.get(pk=waiting.pk).answered_by is None
