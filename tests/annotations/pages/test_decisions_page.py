"""Where every clip stands, with filters, counts and paging by key."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotations.models import Decision
from emotion_site.web.keyset import page_of

pytestmark = pytest.mark.django_db
DECISIONS = "/reviews/decisions/"


@pytest.fixture
def listed(admin_client):
    """The clips that the page lists for these filters, from top to bottom."""

    def clips(**filters):
        return [decision.clip_id for decision, _a in admin_client.get(DECISIONS, filters).context["rows"]]

    return clips


def text_of(response) -> str:
    return response.content.decode()


def clips_on(response) -> list:
    return [decision.clip_id for decision in response.context["page"].rows]


def neighbour(response, rel: str) -> str | None:
    """The address of the page before (``prev``) or after (``next``), if there is one."""
    link = re.search(rf'rel="{rel}" href="([^"]+)"', text_of(response))
    return unescape(link[1]) if link else None


def test_nothing_yet(admin_client):
    assert "Nothing to decide yet" in text_of(admin_client.get(DECISIONS))


def test_states_are_counted_and_filtered(admin_client, listed, shared, say, reviewer):
    waiting, decided, excluded = shared(), shared(), shared()
    say(reviewer, decided, "sad")
    say(reviewer, excluded, "no_speech")
    counts = {value: count for value, _n, count in admin_client.get(DECISIONS).context["states"]}
    assert counts == {"waiting": 1, "in_review": 0, "conflicting": 0, "decided": 1, "excluded": 1}
    assert listed() == [excluded.pk, decided.pk, waiting.pk]
    assert listed(state="decided") == [decided.pk]
    assert listed(answer="sad") == [decided.pk]
    assert listed(answer="no_speech") == [excluded.pk]
    assert listed(how="single") == [excluded.pk, decided.pk]
    assert listed(how="consensus") == []
    assert "Nothing matches" in text_of(admin_client.get(DECISIONS, {"how": "consensus"}))


@pytest.mark.parametrize(
    "filters", [{"state": "lost"}, {"answer": "bored"}, {"how": "dice"}, {"cursor": "x"}]
)
def test_what_makes_no_sense_is_left_out(listed, shared, filters):
    clip = shared()
    assert listed(**filters) == [clip.pk]


def test_withdrawn_clips_are_left_out(listed, shared):
    clip = shared()
    clip.shared_for_review = False
    clip.save()
    assert listed() == []


def test_pages_by_key(admin_client, shared, monkeypatch):
    monkeypatch.setitem(page_of.__kwdefaults__, "size", 2)
    pks = [shared().pk for _number in range(5)][::-1]
    response = admin_client.get(DECISIONS, {"state": "waiting"})
    assert neighbour(response, "prev") is None
    seen = [clips_on(response)]
    while address := neighbour(response, "next"):
        assert "state=waiting" in address
        response = admin_client.get(DECISIONS + address)
        seen.append(clips_on(response))
    assert seen == [pks[:2], pks[2:4], pks[4:]]
    assert clips_on(admin_client.get(DECISIONS + neighbour(response, "prev"))) == pks[2:4]


def test_queries_do_not_grow_with_the_list(admin_client, shared, say, reviewer):
    def queries() -> int:
        admin_client.get(DECISIONS)
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(DECISIONS)
        return len(captured)

    say(reviewer, shared(), "sad")
    before = queries()
    for _number in range(9):
        say(reviewer, shared(), "sad")
    assert Decision.objects.count() == 10
    assert queries() == before
