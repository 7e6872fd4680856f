"""Pages by key: with equals, with numbers no database has, and where the rows of a page are gone."""

import base64
import json

import pytest
from django.utils import timezone

from annotations.models import ListenLog
from classifier.models import Clip
from emotion_site.web.keyset import LATEST_FIRST, InvalidCursor, Order, page_at, page_of
from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db
CLIPS = "/api/v1/clips/"


def test_api_goes_there_and_back_over_clips_of_one_moment(speaker, speaker_client):
    clips = [ClipFactory(owner=speaker) for _number in range(5)]
    Clip.objects.update(created=timezone.now())
    expected = sorted((str(clip.pk) for clip in clips), reverse=True)
    pages = [speaker_client.get(CLIPS, {"page_size": 2}).json()]
    while pages[-1]["next"]:
        pages.append(speaker_client.get(pages[-1]["next"]).json())
    assert [clip["id"] for page in pages for clip in page["results"]] == expected
    assert pages[0]["previous"] is None and len(pages) == 3
    assert speaker_client.get(pages[-1]["previous"]).json()["results"] == pages[1]["results"]
    first = speaker_client.get(pages[1]["previous"]).json()
    assert first["results"] == pages[0]["results"] and first["previous"] is None


def test_a_page_whose_rows_are_gone_still_has_its_neighbour(speaker):
    clips = [ClipFactory(owner=speaker) for _number in range(3)]
    order = Order("created", descending=True)
    rest = page_of(Clip.objects.all(), order=order, cursor="", size=2).next
    clips[0].delete()
    gone = page_of(Clip.objects.all(), order=order, cursor=rest, size=2)
    assert gone.rows == [] and gone.next is None
    before = page_of(Clip.objects.all(), order=order, cursor=gone.previous, size=2)
    assert before.rows == [clips[2]]


@pytest.mark.parametrize(("number", "found"), [(10**30, 1), (-(10**30), 0), (2**63 - 1, 1), ("1e3", None)])
def test_numbers_beyond_every_database(speaker, number, found):
    ListenLog.objects.create(clip_id=ClipFactory(owner=speaker).pk)
    cursor = base64.urlsafe_b64encode(json.dumps(["after", number]).encode()).decode()
    if found is None:
        with pytest.raises(InvalidCursor):
            page_at(ListenLog.objects.all(), order=LATEST_FIRST, cursor=cursor, size=2)
    page = page_of(ListenLog.objects.all(), order=LATEST_FIRST, cursor=cursor)
    assert len(page.rows) == (1 if found is None else found)
