"""The menu shows where a page lies, also when the page is not the one that it leads to."""

import re

import pytest
from django.urls import reverse

from tests.factories import ClipFactory

pytestmark = pytest.mark.django_db
CURRENT = re.compile(r'<a href="([^"]+)" aria-current="(\w+)"')


def marked(response, part: str) -> list[tuple[str, str]]:
    """The links that are current in the bar (``main-links``) or in the menu (``account-menu``)."""
    page = response.content.decode()
    begin = page.index(part)
    return CURRENT.findall(page[begin : page.index("</ul>", begin)])


@pytest.mark.parametrize(
    ("address", "links"),
    [
        ("/", [("/", "page")]),
        ("/history/", [("/history/", "page")]),
        ("/history/chart/", [("/history/", "true")]),
        ("/review/", [("/review/", "page")]),
        ("/review/emotion/", [("/review/", "true")]),
        ("/agreement/", [("/review/", "true")]),
        ("/reviews/conflicts/", [("/review/", "true")]),
        ("/reviews/decisions/", [("/review/", "true")]),
        ("/exports/", [("/review/", "true")]),
        ("/listens/", [("/review/", "true")]),
        ("/models/", [("/models/", "page")]),
        ("/models/snapshots/", [("/models/", "true")]),
        ("/models/runs/", [("/models/", "true")]),
        ("/accounts/people/", [("/accounts/people/", "page")]),
        ("/accounts/people/invitations/", [("/accounts/people/", "true")]),
        ("/accounts/", []),
        ("/accounts/tokens/", []),
    ],
)
def test_the_bar_marks_the_part_of_the_site(admin_client, address, links):
    assert marked(admin_client.get(address), "main-links") == links


def test_a_clip_lies_in_the_history(speaker, speaker_client):
    clip = ClipFactory(owner=speaker)
    assert marked(speaker_client.get(clip.get_absolute_url()), "main-links") == [("/history/", "true")]


def test_the_menu_marks_what_the_bar_has_no_room_for(admin_client):
    assert marked(admin_client.get("/models/runs/"), "account-menu") == [("/models/", "true")]
    assert marked(admin_client.get("/accounts/"), "account-menu") == [("/accounts/", "page")]


def test_the_bar_of_administrators_leaves_room_for_their_name(admin_client, speaker_client):
    for browser, is_in_the_bar in ((admin_client, False), (speaker_client, True)):
        page = browser.get("/").content.decode()
        bar = page[page.index("main-links") : page.index("account-menu")]
        assert (reverse("api:docs") in bar) is is_in_the_bar
        assert reverse("api:docs") in page[page.index("account-menu") :]
