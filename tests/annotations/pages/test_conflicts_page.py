"""An administrator settles what reviewers disagree about."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from annotations.models import Decision, DecisionChange, ListenLog
from classifier.audio.flac import encode_flac
from tests.factories import ClipFactory, UserFactory
from tests.training.corpora import buzz

pytestmark = pytest.mark.django_db
CONFLICTS = "/reviews/conflicts/"


@pytest.fixture
def conflict(policy, shared, say, reviewer, second_reviewer):
    """``conflict()`` is a clip that one reviewer calls sad and the other angry."""
    policy.reviewers_needed = 2
    policy.save()

    def make(**fields):
        clip = shared(**fields)
        say(reviewer, clip, "sad")
        say(second_reviewer, clip, "angry")
        return clip

    return make


def page_of(clip) -> str:
    return reverse("annotations:clip_reviews", args=["emotion", clip.pk])


def text_of(response) -> str:
    return response.content.decode()


def decide(browser, clip, answer="sad", **fields):
    seen = browser.get(page_of(clip)).context["seen"]
    return browser.post(page_of(clip), {"answer": answer, "seen": seen, **fields})


def test_nothing_to_settle(admin_client):
    assert "No conflicts" in text_of(admin_client.get(CONFLICTS))


def test_conflicts_are_listed_with_what_was_said(admin_client, conflict, shared):
    clip = conflict()
    shared()
    response = admin_client.get(CONFLICTS)
    assert [decision.clip_id for decision, _answers in response.context["rows"]] == [clip.pk]
    assert "Sad" in text_of(response) and "Angry" in text_of(response)


def test_withdrawn_and_own_clips_are_no_conflicts(admin_client, admin, conflict):
    withdrawn, own = conflict(), conflict(owner=admin)
    withdrawn.shared_for_review = False
    withdrawn.save()
    assert admin_client.get(CONFLICTS).context["rows"] == []
    assert "Only another administrator" in text_of(admin_client.get(page_of(own)))


def test_who_said_what_side_by_side_without_names(admin_client, conflict, reviewer, second_reviewer, speaker):
    text = text_of(admin_client.get(page_of(conflict(title="Secret"))))
    assert reviewer.pseudonym.name in text and second_reviewer.pseudonym.name in text
    for private in (reviewer.email, second_reviewer.email, speaker.email, speaker.name, "Secret"):
        assert private not in text


def test_deciding_leads_to_the_next_conflict(admin_client, conflict):
    first, second = conflict(), conflict()
    response = decide(admin_client, second, "angry", comment="clearly")
    assert response.url == page_of(first)
    decision = Decision.objects.get(clip=second)
    assert (decision.state, decision.how, decision.label.key) == ("decided", "adjudicated", "angry")
    assert "clearly" in text_of(admin_client.get(page_of(second)))
    assert decide(admin_client, first).url == f"{CONFLICTS}?task=emotion"


def test_a_clip_stands_below_the_list_that_it_is_in(admin_client, conflict, shared, say, reviewer):
    agreed = shared()
    say(reviewer, agreed, "sad")
    assert '<a href="/reviews/decisions/" aria-current="true">' in text_of(admin_client.get(page_of(agreed)))
    disputed = text_of(admin_client.get(page_of(conflict())))
    assert '<a href="/reviews/conflicts/" aria-current="true">' in disputed
    assert '<a href="/reviews/decisions/">' in disputed


def test_a_flag_excludes(admin_client, conflict):
    clip = conflict()
    decide(admin_client, clip, "too_noisy")
    assert Decision.objects.get(clip=clip).state == "excluded"


@pytest.mark.parametrize(
    ("answer", "code"), [("", "no_answer"), ("bored", "wrong_label"), ("other", "no_comment")]
)
def test_no_sound_answer_decides_nothing(admin_client, conflict, answer, code):
    clip = conflict()
    response = decide(admin_client, clip, answer, comment="  ")
    assert response.status_code == 400
    assert response.context["problem"].code == code
    assert Decision.objects.get(clip=clip).state == "conflicting"


def test_two_administrators_do_not_overwrite_each_other(admin_client, client_of, conflict):
    clip = conflict()
    seen = admin_client.get(page_of(clip)).context["seen"]
    decide(client_of(UserFactory(role="admin")), clip, "sad")
    response = admin_client.post(page_of(clip), {"answer": "angry", "seen": seen})
    assert response.status_code == 409
    assert "changed while you looked" in text_of(response)
    assert Decision.objects.get(clip=clip).label.key == "sad"
    assert decide(admin_client, clip, "angry").url == page_of(clip)
    assert Decision.objects.get(clip=clip).label.key == "angry"


def test_withdrawn_while_it_was_looked_at(admin_client, conflict):
    clip = conflict()
    seen = admin_client.get(page_of(clip)).context["seen"]
    clip.shared_for_review = False
    clip.save()
    response = admin_client.post(page_of(clip), {"answer": "sad", "seen": seen})
    assert response.status_code == 410
    assert "no longer shares" in text_of(response)
    assert not DecisionChange.objects.filter(clip_id=clip.pk, how="adjudicated").exists()


def test_history_outlives_the_clip(admin_client, conflict):
    clip = conflict()
    address, pk = page_of(clip), clip.pk
    clip.delete()
    text = text_of(admin_client.get(address))
    assert "The answers stay." in text
    assert "answered: Sad" in text
    assert not Decision.objects.filter(clip_id=pk).exists()


def test_listening_is_logged(admin_client, admin, shared):
    clip = shared()
    clip.audio.save(clip.audio.name, ContentFile(encode_flac(buzz(9, 9, 1.0))))
    address = reverse("annotations:audio", args=[clip.pk])
    admin_client.get(address, headers={"Range": "bytes=0-"})
    admin_client.get(address, headers={"Range": "bytes=500-"})
    assert ListenLog.objects.filter(clip_id=clip.pk, listener=admin).count() == 1
    assert "Who listened" in text_of(admin_client.get(page_of(clip)))


def test_a_piece_from_the_middle_is_logged_too(admin_client, admin, shared):
    clip = shared()
    clip.audio.save(clip.audio.name, ContentFile(encode_flac(buzz(9, 9, 1.0))))
    address = reverse("annotations:audio", args=[clip.pk])
    assert admin_client.get(address, headers={"Range": "bytes=1-"}).status_code == 206
    assert ListenLog.objects.filter(clip_id=clip.pk, listener=admin).count() == 1


def test_nobody_hears_what_is_not_for_them(client_of, shared, reviewer, stranger, admin):
    private = ClipFactory()
    for person, clip in [(reviewer, shared()), (stranger, shared()), (admin, private)]:
        for name in ("audio", "spectrogram"):
            address = reverse(f"annotations:{name}", args=[clip.pk])
            assert client_of(person).get(address).status_code == 404
