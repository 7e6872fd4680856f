"""Clips of a corpus have no owner; no person's pages or API show them."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from classifier.models import Clip, Corpus, Task
from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def corpus() -> Corpus:
    return Corpus.objects.create(name="voices", task=Task.objects.get(slug="emotion"))


@pytest.fixture
def clip(corpus) -> Clip:
    return ClipFactory(owner=None, corpus=corpus, source=Clip.Source.CORPUS, file_name="audio/1.flac")


def test_nobody_owns_it_and_nobody_lists_it(clip, speaker, speaker_client, admin):
    for person in (speaker, admin):
        assert not Clip.objects.visible_to(person).exists()
    assert speaker_client.get(reverse("classifier:clip", args=[clip.pk])).status_code == 404
    assert speaker_client.get(reverse("classifier:audio", args=[clip.pk])).status_code == 404
    assert speaker_client.get("/api/v1/clips/").json()["results"] == []


def test_a_clip_belongs_to_an_owner_or_a_corpus(clip, speaker, corpus):
    with pytest.raises(IntegrityError, match="clip_has_owner_or_corpus"), transaction.atomic():
        Clip.objects.filter(pk=clip.pk).update(corpus=None)
    with pytest.raises(IntegrityError, match="clip_has_owner_or_corpus"), transaction.atomic():
        Clip.objects.filter(pk=clip.pk).update(owner=speaker)


def test_a_corpus_holds_a_waveform_once_but_people_may_have_it_too(clip, corpus, speaker):
    with pytest.raises(IntegrityError), transaction.atomic():
        ClipFactory(owner=None, corpus=corpus, checksum=clip.checksum, file_name="audio/2.flac")
    ClipFactory(owner=speaker, checksum=clip.checksum)


def test_a_person_cannot_send_a_clip_as_a_corpus(speaker_client):
    response = speaker_client.post("/api/v1/clips/", {"source": "corpus"})
    assert response.status_code == 400
    assert "source" in response.json()["detail"]


def test_the_admin_shows_it_without_its_file_name(clip, admin_client):
    page = admin_client.get(reverse("admin:classifier_clip_change", args=[clip.pk])).content.decode()
    assert "voices" in page
    assert "audio/1.flac" not in page
