import uuid

import pytest
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classifier.models import Clip
from classifier.pages.clip import sections as clip_sections
from tests.factories import ClipFactory, ModelVersionFactory, PredictionFactory

pytestmark = pytest.mark.django_db
IN_PLACE = {"headers": {"HX-Request": "true"}}

ROUTES = [
    ("get", "clip"),
    ("get", "result"),
    ("get", "row"),
    ("get", "audio"),
    ("get", "spectrogram"),
    ("post", "edit"),
    ("post", "share"),
    ("post", "retry"),
]


@pytest.fixture
def clip(speaker) -> Clip:
    return ClipFactory(owner=speaker, title="Morning", answer="sad")


def address(name: str, clip: Clip) -> str:
    return reverse(f"classifier:{name}", args=[clip.pk])


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize("person", ["stranger", "reviewer", "admin"])
@pytest.mark.parametrize(("method", "name"), ROUTES)
def test_others_find_nothing(method, name, person, clip, client_of, request):
    browser = client_of(request.getfixturevalue(person))
    assert getattr(browser, method)(address(name, clip)).status_code == 404


@pytest.mark.parametrize(("method", "name"), ROUTES)
def test_signed_out_person_is_sent_to_sign_in(method, name, clip, client):
    response = getattr(client, method)(address(name, clip))
    assert response.url.startswith(reverse("account_login"))


def test_unknown_clip_is_not_found(speaker_client):
    assert speaker_client.get(reverse("classifier:clip", args=[uuid.uuid4()])).status_code == 404


def test_page_shows_everything_about_the_clip(clip, speaker_client):
    text = text_of(speaker_client.get(clip.get_absolute_url()))
    for expected in ["Morning", "Sad", "80%", "Uploaded", str(clip.pk), "Only you.", "2.5"]:
        assert expected in text


def test_every_label_has_a_bar(clip, speaker_client):
    result = speaker_client.get(clip.get_absolute_url()).context["result"]
    assert [bar.label.key for bar in result.bars] == [
        "neutral",
        "happy",
        "sad",
        "angry",
        "fearful",
        "disgust",
    ]
    assert sum(bar.percent for bar in result.bars) == pytest.approx(100)


def test_bar_widths_are_numbers_in_every_language(speaker, speaker_client):
    clip = ClipFactory(owner=speaker, answer="sad", answer__confidence=0.805)
    speaker.language = "es"
    speaker.save()
    text = text_of(speaker_client.get(clip.get_absolute_url()))
    assert 'width="80.5%"' in text
    assert "80,5" in text


def test_close_scores_are_not_called(speaker, speaker_client):
    clip = ClipFactory(owner=speaker)
    PredictionFactory(
        clip=clip,
        answer="sad",
        confidence=0.45,
        margin=0.03,
        scores={"neutral": 0.42, "happy": 0.03, "sad": 0.45, "angry": 0.05, "fearful": 0.03, "disgust": 0.02},
    )
    text = text_of(speaker_client.get(clip.get_absolute_url()))
    assert "Not sure: between sad and neutral" in text


def test_silence_is_never_an_emotion(speaker, speaker_client):
    quality = {"hints": ["digital_silence"], "digital_silence": True}
    clip = ClipFactory(owner=speaker, quality=quality, answer="angry", answer__confidence=0.99)
    text = text_of(speaker_client.get(clip.get_absolute_url()))
    assert "Nothing to hear" in text
    assert "completely silent" in text


@pytest.mark.parametrize(
    ("hint", "advice"),
    [
        ("very_quiet", "move closer"),
        ("clipped", "cut off"),
        ("mostly_silence", "little speech"),
        ("noisy", "quieter place"),
        ("incomplete", "left out"),
        ("doubtful", "Export it again"),
    ],
)
def test_quality_hints_come_with_advice(hint, advice, speaker, speaker_client):
    clip = ClipFactory(owner=speaker, quality={"hints": [hint]}, answer="sad")
    assert advice in text_of(speaker_client.get(clip.get_absolute_url()))


def test_quality_is_told_in_words_and_in_the_persons_numbers(speaker, speaker_client):
    quality = {
        "hints": ["noisy"],
        "rms_dbfs": -21.7,
        "clipped_share": 0.00129,
        "speech_share": 0.617,
        "snr_db": 4.6,
    }
    clip = ClipFactory(owner=speaker, quality=quality, answer="sad")
    figures = dict(speaker_client.get(clip.get_absolute_url()).context["quality_figures"])
    assert figures["Loudness"] == "good (-22 dB)"
    assert figures["Cut-off peaks"] == "hardly any (0.13%)"
    assert figures["Speech"] == "62% of the time"
    assert figures["Voice"] == "hard to tell from the noise (5 dB above it)"
    speaker.language = "es"
    speaker.save()
    assert "0,13" in text_of(speaker_client.get(clip.get_absolute_url()))


def test_silence_is_not_called_a_good_loudness(speaker, speaker_client):
    quality = {"hints": ["digital_silence"], "rms_dbfs": -100.0}
    clip = ClipFactory(owner=speaker, quality=quality, answer="neutral")
    figures = dict(speaker_client.get(clip.get_absolute_url()).context["quality_figures"])
    assert figures["Loudness"] == "very quiet (-100 dB)"


def test_course_is_shown_for_clips_longer_than_a_window(speaker, speaker_client):
    scores = {"neutral": 0.1, "happy": 0.1, "sad": 0.6, "angry": 0.1, "fearful": 0.05, "disgust": 0.05}
    segments = [{"start_s": start, "end_s": start + 5.0, "scores": scores} for start in (0.0, 2.5, 4.0)]
    clip = ClipFactory(owner=speaker, duration_s=9.0)
    PredictionFactory(clip=clip, answer="sad", segments=segments)
    response = speaker_client.get(clip.get_absolute_url())
    assert response.context["result"].course_rows[1] == (
        {"start_s": 2.5, "end_s": 7.5},
        [10.0, 10.0, 60.0, 10.0, 5.0, 5.0],
    )
    assert 'data-chart="course"' in text_of(response)


def test_short_clip_has_no_course(clip, speaker_client):
    assert 'data-chart="course"' not in text_of(speaker_client.get(clip.get_absolute_url()))


def test_newest_version_is_the_result_and_all_are_listed(clip, speaker_client):
    newer = ModelVersionFactory()
    PredictionFactory(clip=clip, model_version=newer, answer="angry")
    response = speaker_client.get(clip.get_absolute_url())
    assert response.context["result"].headline == "Angry"
    assert [result.headline for result in response.context["every_version"]] == ["Angry", "Sad"]


def test_number_of_queries_does_not_grow_with_versions(clip, speaker_client, django_assert_num_queries):
    speaker_client.get(clip.get_absolute_url())
    with CaptureQueriesContext(connection) as one_version:
        speaker_client.get(clip.get_absolute_url())
    for _version in range(4):
        PredictionFactory(clip=clip, model_version=ModelVersionFactory(), answer="angry")
    with django_assert_num_queries(len(one_version)):
        speaker_client.get(clip.get_absolute_url())


def test_waiting_clip_asks_again_by_itself(speaker, speaker_client):
    clip = ClipFactory(owner=speaker, status=Clip.Status.WAITING)
    text = text_of(speaker_client.get(address("result", clip)))
    assert f'hx-get="{address("result", clip)}"' in text
    assert "Listening to it" in text


def test_failed_clip_can_be_tried_again(speaker, speaker_client):
    clip = ClipFactory(owner=speaker, status=Clip.Status.FAILED, error_code="model_failed")
    assert address("retry", clip) in text_of(speaker_client.get(clip.get_absolute_url()))
    text = text_of(speaker_client.post(address("retry", clip), **IN_PLACE))
    clip.refresh_from_db()
    assert clip.status == Clip.Status.WAITING
    assert "Listening to it" in text


def test_owner_renames_clip_and_speaker(clip, speaker_client):
    response = speaker_client.post(address("edit", clip), {"title": "  Evening  song ", "speaker": "Ann"})
    clip.refresh_from_db()
    assert response.url == clip.get_absolute_url()
    assert (clip.title, clip.speaker) == ("Evening song", "Ann")


def test_too_long_title_is_refused_and_kept_in_the_form(clip, speaker_client):
    response = speaker_client.post(address("edit", clip), {"title": "x" * 121, "speaker": ""})
    clip.refresh_from_db()
    assert response.status_code == 400
    assert clip.title == "Morning"
    assert "x" * 121 in text_of(response)
    assert "<h1>Morning</h1>" in text_of(response)


def test_title_is_shown_as_text(speaker, speaker_client):
    clip = ClipFactory(owner=speaker, title="<script>alert(1)</script>", answer="sad")
    for page in (clip.get_absolute_url(), reverse("classifier:history")):
        assert "<script>alert" not in text_of(speaker_client.get(page))


def test_owner_shares_and_withdraws(clip, speaker_client):
    speaker_client.post(address("share", clip), {"shared_for_review": "on", "shared_for_training": "on"})
    clip.refresh_from_db()
    assert (clip.shared_for_review, clip.shared_for_training) == (True, True)
    text = text_of(speaker_client.post(address("share", clip), {"shared_for_review": "on"}, **IN_PLACE))
    clip.refresh_from_db()
    assert (clip.shared_for_review, clip.shared_for_training) == (True, False)
    assert "Saved." in text
    assert "<html" not in text


def test_delete_leads_to_the_history_with_undo(clip, speaker_client):
    response = speaker_client.post(reverse("classifier:delete"), {"ids": [clip.pk]}, follow=True)
    text = text_of(response)
    assert "1 clip deleted." in text
    assert str(clip.pk) in text
    assert not Clip.objects.present().exists()
    again = text_of(speaker_client.get(reverse("classifier:history")))
    assert "deleted." not in again


def test_delete_and_undo_in_place(clip, speaker_client):
    fields = {"ids": [clip.pk], "in_place": "1"}
    deleted = text_of(speaker_client.post(reverse("classifier:delete"), fields, **IN_PLACE))
    assert "Undo" in deleted
    assert "<html" not in deleted
    restored = text_of(speaker_client.post(reverse("classifier:restore"), fields, **IN_PLACE))
    assert f'data-clip="{clip.pk}"' in restored
    assert Clip.objects.present().get() == clip


def test_undo_too_late_says_so(clip, speaker_client, stranger_client):
    fields = {"ids": [clip.pk]}
    response = stranger_client.post(reverse("classifier:restore"), fields, follow=True)
    assert "too late" in text_of(response)


def test_stranger_cannot_delete(clip, stranger_client):
    stranger_client.post(reverse("classifier:delete"), {"ids": [clip.pk]})
    assert Clip.objects.present().get() == clip


def test_delete_does_not_lead_off_the_site(clip, speaker_client):
    fields = {"ids": [clip.pk], "next": "https://elsewhere.example/"}
    response = speaker_client.post(reverse("classifier:delete"), fields)
    assert response.url == reverse("classifier:history")


@pytest.fixture
def no_sections(monkeypatch):
    """An empty registry, and templates that need no file."""
    template = Template("<p>{{ name }} of {{ clip.display_title }}</p>")
    monkeypatch.setattr(clip_sections, "registered", [])
    monkeypatch.setattr(
        clip_sections,
        "render_to_string",
        lambda name, context, _: template.render(Context({"name": name, **context})),
    )


def test_registered_section_is_on_the_page_once(clip, speaker_client, no_sections):
    def context(_request, _clip):
        return {}

    for _again in range(2):
        clip_sections.register("reviews.html", context)
    assert text_of(speaker_client.get(clip.get_absolute_url())).count("<p>reviews.html of Morning</p>") == 1


def test_section_with_nothing_to_say_is_left_out(clip, speaker_client, no_sections):
    clip_sections.register("reviews.html", lambda _request, _clip: None)
    assert "reviews.html" not in text_of(speaker_client.get(clip.get_absolute_url()))
