from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier.models import Clip
from classifier.pages.history.query import PAGE_SIZE
from tests.factories import ClipFactory, ModelVersionFactory

pytestmark = pytest.mark.django_db
HISTORY = "/history/"

SILENT = {"hints": ["digital_silence"], "digital_silence": True}


@pytest.fixture
def titles(speaker_client):
    """The titles that the history lists for these filters, from top to bottom."""

    def listed(**filters):
        return [clip.title for clip in speaker_client.get(HISTORY, filters).context["page"].rows]

    return listed


def at(clip: Clip, **moment) -> Clip:
    Clip.objects.filter(pk=clip.pk).update(created=timezone.now() - timedelta(**moment))
    return clip


def make_clips(owner, count: int) -> None:
    version = ModelVersionFactory()
    for number in range(count):
        ClipFactory(owner=owner, title=f"{number:03}", answer="sad", answer__model_version=version)


def text_of(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize("name", ["history", "chart", "export"])
def test_signed_out_person_is_sent_to_sign_in(name, client):
    assert client.get(reverse(f"classifier:{name}")).url.startswith(reverse("account_login"))


def test_everyone_sees_their_own_clips_only(speaker, stranger, titles):
    ClipFactory(owner=speaker, title="mine")
    ClipFactory(owner=stranger, title="theirs")
    assert titles() == ["mine"]


def test_empty_history_leads_to_recording(speaker_client):
    text = text_of(speaker_client.get(HISTORY))
    assert "No recordings yet" in text
    assert "Filter" not in text


def test_filters_that_match_nothing_can_be_cleared(speaker, speaker_client):
    ClipFactory(owner=speaker)
    text = text_of(speaker_client.get(HISTORY, {"q": "nowhere"}))
    assert "Nothing matches" in text
    assert "Clear the filters" in text


def test_filter_by_emotion(speaker, titles):
    ClipFactory(owner=speaker, title="blue", answer="sad")
    ClipFactory(owner=speaker, title="red", answer="angry")
    assert titles(label="sad") == ["blue"]


def test_a_silent_clip_is_filed_under_no_emotion(speaker, titles):
    ClipFactory(owner=speaker, title="calm", answer="neutral")
    ClipFactory(owner=speaker, title="silent", quality=SILENT, answer="neutral")
    ClipFactory(owner=speaker, title="waiting", status=Clip.Status.WAITING)
    assert titles(label="neutral") == ["calm"]
    assert titles(label="nothing") == ["silent"]


def test_filter_by_text_in_the_title(speaker, titles):
    ClipFactory(owner=speaker, title="Good Morning")
    ClipFactory(owner=speaker, title="Evening")
    assert titles(q="morn") == ["Good Morning"]
    assert titles(q="%") == []


def test_filter_by_source(speaker, titles):
    ClipFactory(owner=speaker, title="spoken", source="record")
    ClipFactory(owner=speaker, title="sent")
    assert titles(source="record") == ["spoken"]


def test_filter_by_day_includes_both_ends(speaker, titles):
    at(ClipFactory(owner=speaker, title="old"), days=10)
    at(ClipFactory(owner=speaker, title="middle"), days=5)
    ClipFactory(owner=speaker, title="new")
    day = (timezone.now() - timedelta(days=5)).date().isoformat()
    assert titles(since=day) == ["new", "middle"]
    assert titles(until=day) == ["middle", "old"]
    assert titles(since=day, until=day) == ["middle"]


def test_days_the_wrong_way_round_are_told_at_the_field(speaker, speaker_client):
    ClipFactory(owner=speaker, title="new")
    today = timezone.localdate()
    filters = {"since": today, "until": today - timedelta(days=1)}
    response = speaker_client.get(HISTORY, filters)
    page = text_of(response)
    told = page[page.index('id="until-problem"') :]
    assert "This day is before “From”." in told[: told.index("</div>")]
    assert [clip.title for clip in response.context["page"].rows] == ["new"]
    assert "This day is before" not in text_of(speaker_client.get(HISTORY, {"since": today, "until": today}))


def test_filter_by_confidence(speaker, titles):
    ClipFactory(owner=speaker, title="silent", quality=SILENT, answer="sad", answer__confidence=0.95)
    ClipFactory(owner=speaker, title="sure", answer="sad", answer__confidence=0.93)
    ClipFactory(owner=speaker, title="close", answer="sad", answer__confidence=0.51, answer__margin=0.04)
    ClipFactory(owner=speaker, title="waiting", status=Clip.Status.WAITING)
    assert titles(confidence="90") == ["sure", "silent"]
    assert titles(confidence="50") == ["close", "sure", "silent"]
    assert titles(confidence="sure") == ["sure"]
    assert titles(confidence="unsure") == ["close", "silent"]


def test_list_and_filter_agree_on_what_is_sure(speaker, speaker_client):
    for margin in (0.0, 0.149, 0.15, 0.151, 0.9):
        ClipFactory(owner=speaker, answer="sad", answer__margin=margin)
    for wanted, is_sure in (("sure", True), ("unsure", False)):
        clips = speaker_client.get(HISTORY, {"confidence": wanted}).context["page"].rows
        assert clips
        assert {clip.is_sure for clip in clips} == {is_sure}


def test_nonsense_in_the_address_is_passed_over(speaker, titles):
    ClipFactory(owner=speaker, title="here")
    assert titles(label="x", confidence="many", source="?", since="soon", sort="best", cursor="%%%") == [
        "here"
    ]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["c", "b", "a"]),
        ("oldest", ["a", "b", "c"]),
        ("most-confident", ["b", "c", "a"]),
        ("least-confident", ["a", "c", "b"]),
        ("longest", ["c", "a", "b"]),
        ("title", ["a", "b", "c"]),
    ],
)
def test_orders(sort, expected, speaker, titles):
    for title, confidence, duration_s in (("a", 0.5, 3), ("b", 0.9, 1), ("c", 0.7, 5)):
        ClipFactory(
            owner=speaker, title=title, duration_s=duration_s, answer="sad", answer__confidence=confidence
        )
    assert titles(sort=sort) == expected


@pytest.mark.parametrize("sort", ["newest", "oldest", "most-confident", "longest", "title"])
def test_paging_there_and_back_misses_nothing(sort, speaker, speaker_client):
    # All but the first are equal in every order, so that the id has to decide.
    make_clips(speaker, PAGE_SIZE * 2 + 5)
    Clip.objects.exclude(title="000").update(title="same", folded_title="same", created=timezone.now())
    seen, cursor, pages = [], "", []
    while cursor is not None:
        page = speaker_client.get(HISTORY, {"sort": sort, "cursor": cursor}).context["page"]
        pages.append([clip.pk for clip in page.rows])
        seen += pages[-1]
        last, cursor = page, page.next
    assert [len(pks) for pks in pages] == [PAGE_SIZE, PAGE_SIZE, 5]
    assert len(set(seen)) == PAGE_SIZE * 2 + 5
    for expected in reversed(pages[:-1]):
        last = speaker_client.get(HISTORY, {"sort": sort, "cursor": last.previous}).context["page"]
        assert [clip.pk for clip in last.rows] == expected
    assert last.previous is None


def test_cursor_of_another_order_does_no_harm(speaker, speaker_client):
    make_clips(speaker, PAGE_SIZE + 1)
    page = speaker_client.get(HISTORY).context["page"]
    for sort in ("most-confident", "longest", "title"):
        # A cursor of another order carries a value of another kind.
        response = speaker_client.get(HISTORY, {"sort": sort, "cursor": page.next})
        assert response.status_code == 200


def test_number_of_queries_does_not_grow_with_the_list(speaker, speaker_client, django_assert_num_queries):
    make_clips(speaker, 2)
    speaker_client.get(HISTORY)
    with CaptureQueriesContext(connection) as two_clips:
        speaker_client.get(HISTORY)
    make_clips(speaker, PAGE_SIZE)
    with django_assert_num_queries(len(two_clips)):
        speaker_client.get(HISTORY)
    assert len(two_clips) <= 7


def test_curves_are_not_loaded_for_a_list(speaker, speaker_client):
    make_clips(speaker, 1)
    with CaptureQueriesContext(connection) as queries:
        speaker_client.get(HISTORY)
    assert not any('"peaks"' in query["sql"] for query in queries)


def test_waiting_row_asks_again_by_itself(speaker, speaker_client):
    clip = ClipFactory(owner=speaker, status=Clip.Status.WAITING)
    row = reverse("classifier:row", args=[clip.pk])
    assert f'hx-get="{row}"' in text_of(speaker_client.get(HISTORY))
    Clip.objects.update(status=Clip.Status.DONE)
    assert "hx-get" not in text_of(speaker_client.get(row))


def test_chosen_clips_are_deleted_and_brought_back(speaker, speaker_client):
    clips = [ClipFactory(owner=speaker, title=title) for title in "abc"]
    ids = [clip.pk for clip in clips[:2]]
    response = speaker_client.post(
        reverse("classifier:delete"), {"ids": ids, "next": HISTORY + "?sort=title"}, follow=True
    )
    assert response.redirect_chain == [(HISTORY + "?sort=title", 302)]
    assert "2 clips deleted." in text_of(response)
    assert [clip.title for clip in response.context["page"].rows] == ["c"]
    undone = speaker_client.post(reverse("classifier:restore"), {"ids": ids}, follow=True)
    assert "2 clips are back." in text_of(undone)
    assert Clip.objects.present().count() == 3


def test_deleting_nothing_says_so(speaker_client):
    response = speaker_client.post(reverse("classifier:delete"), {"ids": ["not an id"]}, follow=True)
    assert "Nothing was deleted" in text_of(response)


def test_undo_is_offered_even_when_the_last_clip_went(speaker, speaker_client):
    clip = ClipFactory(owner=speaker)
    response = speaker_client.post(reverse("classifier:delete"), {"ids": [clip.pk]}, follow=True)
    assert "Undo" in text_of(response)


class TestChart:
    address = "/history/chart/"

    def rows(self, browser, **filters):
        return browser.get(self.address, filters).context["timeline"]

    def test_counts_per_day(self, speaker, stranger, speaker_client):
        at(ClipFactory(owner=speaker, answer="sad"), days=2)
        ClipFactory(owner=speaker, answer="sad")
        ClipFactory(owner=speaker, answer="angry")
        ClipFactory(owner=stranger, answer="angry")
        timeline = self.rows(speaker_client)
        assert timeline.unit == "day"
        assert [counts for _day, counts in timeline.rows] == [[0, 0, 1, 0, 0, 0], [0, 0, 1, 1, 0, 0]]

    def test_silent_clips_are_left_out_and_it_says_so(self, speaker, speaker_client):
        ClipFactory(owner=speaker, answer="neutral")
        ClipFactory(owner=speaker, quality=SILENT, answer="neutral")
        response = speaker_client.get(self.address)
        [(_day, counts)] = response.context["timeline"].rows
        assert counts == [1, 0, 0, 0, 0, 0]
        assert "1 recording with nothing to hear is left out." in text_of(response)

    @pytest.mark.parametrize(("days", "unit"), [(0, "day"), (31, "day"), (40, "week"), (400, "month")])
    def test_unit_follows_the_span(self, days, unit, speaker, speaker_client):
        at(ClipFactory(owner=speaker, answer="sad"), days=days)
        ClipFactory(owner=speaker, answer="sad")
        assert self.rows(speaker_client).unit == unit

    def test_follows_the_filters(self, speaker, speaker_client):
        ClipFactory(owner=speaker, answer="sad")
        ClipFactory(owner=speaker, answer="angry")
        [(_day, counts)] = self.rows(speaker_client, label="sad").rows
        assert counts == [0, 0, 1, 0, 0, 0]

    def test_is_a_page_of_its_own_without_scripts(self, speaker, speaker_client):
        ClipFactory(owner=speaker, answer="sad")
        assert "<html" in text_of(speaker_client.get(self.address))
        fragment = text_of(speaker_client.get(self.address, headers={"HX-Request": "true"}))
        assert "<html" not in fragment
        assert "<table>" in fragment

    def test_nothing_to_count(self, speaker_client):
        assert "nothing to count" in text_of(speaker_client.get(self.address))
