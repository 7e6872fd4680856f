"""What migrations do to rows that were there before."""

from importlib import import_module

import pytest
from django.apps import apps

from classifier.models import Clip, Label
from tests.factories import ClipFactory

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
