"""Administrators read who heard what, and when."""

import csv
import io

import pytest
from asgiref.sync import async_to_sync

from annotations.models import ListenLog
from annotations.queue.offers import log_listen
from emotion_site.web.keyset import page_of

pytestmark = pytest.mark.django_db
LISTENS = "/listens/"


def text_of(response) -> str:
    return response.content.decode()


def csv_rows(response) -> list[list[str]]:
    async def read() -> bytes:
        return b"".join([chunk async for chunk in response.streaming_content])

    text = async_to_sync(read)().decode()
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_nobody_yet(admin_client):
    assert "Nobody has listened yet" in text_of(admin_client.get(LISTENS))


def test_listens_are_found_by_person_and_clip(admin_client, shared, reviewer, second_reviewer, speaker):
    first, second = shared(title="Secret"), shared()
    log_listen(listener=reviewer, clip=first)
    log_listen(listener=second_reviewer, clip=second)
    log_listen(listener=speaker, clip=first)  # their own
    pages = {q: text_of(admin_client.get(LISTENS, {"q": q})) for q in ("", "second@", str(first.pk), "no\0")}
    assert reviewer.email in pages[""] and second_reviewer.email in pages[""]
    assert speaker.email not in pages[""] and "Secret" not in pages[""]
    assert second_reviewer.email in pages["second@"] and reviewer.email not in pages["second@"]
    assert reviewer.email in pages[str(first.pk)] and second_reviewer.email not in pages[str(first.pk)]
    assert "Nothing matches" in pages["no\0"]


def test_a_listen_outlives_listener_and_clip(admin_client, shared, reviewer):
    clip = shared()
    log_listen(listener=reviewer, clip=clip)
    name, pk = reviewer.pseudonym.name, clip.pk
    reviewer.delete()
    clip.delete()
    text = text_of(admin_client.get(LISTENS))
    assert name in text and "left this site" in text
    assert csv_rows(admin_client.get("/listens.csv"))[1][1:] == ["", name, str(pk)]


def test_csv_holds_what_was_searched(admin_client, shared, reviewer, second_reviewer):
    clip = shared()
    log_listen(listener=reviewer, clip=clip)
    log_listen(listener=second_reviewer, clip=clip)
    header, *rows = csv_rows(admin_client.get("/listens.csv", {"q": "second@"}))
    assert header == ["when", "person", "pseudonym", "clip"]
    assert [row[1:] for row in rows] == [
        [second_reviewer.email, second_reviewer.pseudonym.name, str(clip.pk)]
    ]


def test_one_query_for_the_list(admin_client, shared, reviewer, django_assert_max_num_queries, monkeypatch):
    for _number in range(5):
        log_listen(listener=reviewer, clip=shared())
    monkeypatch.setitem(page_of.__kwdefaults__, "size", 3)
    admin_client.get(LISTENS)
    with django_assert_max_num_queries(6):
        page = admin_client.get(LISTENS).context["page"]
    assert len(page.rows) == 3
    rest = admin_client.get(LISTENS, {"cursor": page.next}).context["page"]
    assert len(rest.rows) == 2 and rest.previous and not rest.next
    assert ListenLog.objects.count() == 5
