"""What migrations do to rows that were there before."""

from importlib import import_module

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from classifier.models import Clip, Label, Usage
from emotion_site.models import ApiToken, User
from tests.factories import (
    ClipFactory,
    ModelVersionFactory,
    PredictionFactory,
    UserFactory,
    make_api_token,
)

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


def test_clips_that_were_there_before_count_for_their_owners(own_storage):
    clips = [ClipFactory(), ClipFactory(owner=ClipFactory().owner)]
    lost = ClipFactory(owner=clips[0].owner)
    for clip in clips:
        default_storage.save(clip.audio.name, ContentFile(b"f" * 70))
    import_module("classifier.migrations.0016_fill_usage").fill(apps, None)
    assert [Clip.objects.get(pk=clip.pk).stored_bytes for clip in [*clips, lost]] == [70, 70, 0]
    assert [Usage.objects.get(owner=clip.owner).stored_bytes for clip in clips] == [70, 70]


def test_titles_that_were_there_before_are_found(monkeypatch):
    monkeypatch.setattr("emotion_site.storage.folding.BATCH", 2)
    titles = ["Ñandú", "", "STRASSE", "Ёлка", "ŉ" * 120]
    for title in titles:
        ClipFactory(title=title)
    Clip.objects.update(folded_title="")
    import_module("classifier.migrations.0018_fill_folded_titles").fill(apps, None)
    assert dict(Clip.objects.values_list("title", "folded_title")) == {
        "Ñandú": "ñandú",
        "": "",
        "STRASSE": "strasse",
        "Ёлка": "ёлка",
        "ŉ" * 120: "ʼn" * 120,
    }


def test_names_that_were_there_before_are_found():
    token, _secret = make_api_token(UserFactory(name="ÁNGELA"))
    User.objects.update(folded_name="")
    ApiToken.objects.update(name="ÑU", folded_name="")
    import_module("emotion_site.migrations.0007_fill_folded_names").fill(apps, None)
    assert User.objects.get(pk=token.user_id).folded_name == "ángela"
    assert ApiToken.objects.get().folded_name == "ñu"
