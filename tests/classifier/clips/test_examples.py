"""Clips that ship with the site, for people who have no recording at hand."""

import pytest
from django.urls import reverse

from classifier.clips.examples import BY_SLUG, EXAMPLES, FOLDER
from classifier.models import Clip

pytestmark = pytest.mark.django_db
HEARD = {"happy": "happy", "angry": "angry", "calm": "neutral"}


@pytest.fixture
def try_example(speaker_client, model_version):
    return lambda slug: speaker_client.post(reverse("classifier:try_example", args=[slug]))


@pytest.mark.parametrize("slug", BY_SLUG)
def test_an_example_is_heard_for_what_it_is(try_example, speaker, slug):
    response = try_example(slug)
    clip = Clip.objects.get(owner=speaker)
    assert response.status_code == 302 and response.url == clip.get_absolute_url()
    assert (clip.label.key, clip.title) == (HEARD[slug], str(BY_SLUG[slug].title))
    assert clip.confidence > 0.9 and clip.quality["hints"] == []


def test_an_example_is_shared_with_nobody_whatever_the_settings_say(try_example, speaker):
    speaker.share_for_review = speaker.share_for_training = True
    speaker.save()
    try_example("happy")
    clip = Clip.objects.get(owner=speaker)
    assert not clip.shared_for_review and not clip.shared_for_training
    assert clip.speaker, "it is not the owner who speaks"


def test_an_example_tried_again_shows_the_first_result(try_example):
    assert try_example("happy").url == try_example("happy").url
    assert Clip.objects.count() == 1


def test_an_example_counts_like_any_upload(try_example, settings, monkeypatch):
    from emotion_site.api.throttling import UserThrottle

    monkeypatch.setattr(UserThrottle, "rate", "1/min", raising=False)
    assert try_example("happy").status_code == 302
    response = try_example("angry")
    assert response.status_code == 429 and int(response["Retry-After"]) >= 1
    assert "An angry voice" in response.content.decode() and Clip.objects.count() == 1


def test_there_are_no_other_examples(try_example, client, speaker_client):
    assert try_example("furious").status_code == 404
    address = reverse("classifier:try_example", args=["happy"])
    assert speaker_client.get(address).status_code == 405
    assert client.post(address).url.startswith(reverse("account_login"))


@pytest.mark.parametrize("page", ["classifier:classify", "classifier:history"])
def test_who_has_no_clip_is_offered_the_examples(page, speaker_client):
    text = speaker_client.get(reverse(page)).content.decode()
    for example in EXAMPLES:
        assert reverse("classifier:try_example", args=[example.slug]) in text
        assert f"{example.static_path}" in text


def test_examples_are_named_in_the_language_of_the_page(speaker_client, speaker, try_example):
    speaker.language = "es"
    speaker.save()
    assert "Prueba un ejemplo" in speaker_client.get("/").content.decode()
    try_example("happy")
    assert Clip.objects.get().title == "Ejemplo: una voz alegre"


def test_each_example_says_where_it_comes_from():
    source = (FOLDER / "SOURCE.md").read_text()
    assert {path.stem for path in FOLDER.glob("*.flac")} == BY_SLUG.keys()
    assert "CC0 1.0" in source and all(f"`{slug}.flac`" in source for slug in BY_SLUG)
