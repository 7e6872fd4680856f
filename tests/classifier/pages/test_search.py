"""Search finds text whatever its case, and however its accents are written, on every database."""

from unicodedata import normalize

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from classifier.clips.details import rename_clip
from classifier.models import Clip
from classifier.pages.history.query import matching_clips, order_of
from emotion_site.storage.folding import LONGEST_FOLD, folded
from emotion_site.web.keyset import page_of
from tests.factories import ClipFactory, UserFactory, make_api_token

pytestmark = pytest.mark.django_db
HISTORY = "/history/"
# What is looked for, and a title that it is in.
FOUND = [
    *[(wanted, title) for wanted in ("ñandú", "Ñandú", "ÑANDÚ") for title in ("ñandú", "Ñandú", "ÑANDÚ")],
    ("ёлка", "ЁЛКА"),
    ("ЁЛ", "моя ёлка"),
    ("σίσυφος", "ΣΊΣΥΦΟΣ"),
    ("ΣΊΣΥΦΟΣ", "ο σίσυφος"),
    ("strasse", "Hauptstraße"),
    ("STRAßE", "Hauptstrasse 5"),
    ("100%", "Sure 100%"),
    ("a_b", "A_B"),
    ("\\", "a\\b"),
]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(("wanted", "title"), FOUND)
def test_the_history_finds_a_title(speaker, speaker_client, wanted, title, form):
    other = "NFD" if form == "NFC" else "NFC"
    clip = ClipFactory(owner=speaker, title=normalize(other, title))
    ClipFactory(owner=speaker, title="nandu 100 aXb elka")
    page = speaker_client.get(HISTORY, {"q": normalize(form, wanted)})
    assert [found.pk for found in page.context["page"].rows] == [clip.pk]
    assert page.context["page"].rows[0].title == normalize(other, title), "shown as it was written"


def test_another_letter_is_another_letter(speaker, speaker_client):
    ClipFactory(owner=speaker, title="Ñandú")
    assert not speaker_client.get(HISTORY, {"q": "nandu"}).context["page"].rows


def test_every_door_that_writes_a_title(speaker, speaker_client):
    clip = ClipFactory(owner=speaker, title="first")
    rename_clip(clip=clip, title="ÑANDÚ")
    assert Clip.objects.get().folded_title == "ñandú"
    speaker_client.post(reverse("classifier:edit", args=[clip.pk]), {"title": "ΣΊΣΥΦΟΣ", "speaker": ""})
    assert Clip.objects.get().folded_title == "σίσυφοσ"
    speaker_client.patch(f"/api/v1/clips/{clip.pk}/", {"title": "ЁЛКА"}, content_type="application/json")
    assert Clip.objects.get().folded_title == "ёлка"
    Clip.objects.all().delete()
    Clip.objects.bulk_create([ClipFactory.build(owner=speaker, title="ÁRBOL", pk=clip.pk)])
    assert Clip.objects.get().folded_title == "árbol"


def test_the_longest_title_fits(speaker):
    # Letters that become three.
    ClipFactory(owner=speaker, title="\N{LATIN SMALL LIGATURE FFI}" * 120)
    assert Clip.objects.get().folded_title == "ffi" * 120
    most = max(len(folded(chr(code))) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert most == LONGEST_FOLD


def test_titles_are_sorted_without_regard_to_case(speaker, speaker_client):
    for title in ("b", "A", "a", "C", "B"):
        ClipFactory(owner=speaker, title=title)
    clips = speaker_client.get(HISTORY, {"sort": "title"}).context["page"].rows
    assert [clip.title.lower() for clip in clips] == ["a", "a", "b", "b", "c"]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [({"q": "ñandú 7"}, "clip_owner_newest"), ({"q": "ñandú 7", "sort": "title"}, "clip_owner_title")],
)
def test_search_goes_by_the_index(speaker, wanted, index):
    stranger = UserFactory()
    Clip.objects.bulk_create(
        ClipFactory.build(
            owner=speaker if number % 10 else stranger, title=f"Ñandú {number}", created=timezone.now()
        )
        for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    clips = matching_clips(Clip.objects.visible_to(speaker), wanted).for_list()
    order = order_of(wanted)
    plan = clips.order_by(*order.names)[:26].explain()
    assert index in plan, plan
    assert "SORT" not in plan.upper() and "TEMP B-TREE" not in plan.upper(), plan
    assert len(page_of(clips, order=order, cursor="", size=25).rows) == 25


def test_administrators_find_people(admin_client):
    person = UserFactory(email="someone@example.org", name="ÁNGELA Ñ")
    for wanted in ("ángela", normalize("NFD", "Ángela ñ"), "SOMEONE@"):
        rows = admin_client.get(reverse("emotion_site:people"), {"q": wanted}).context["rows"]
        assert [found for found, _role in rows] == [person]


@pytest.mark.parametrize("model", ["user", "apitoken"])
def test_the_admin_finds_them_too(admin_client, model):
    person = UserFactory(name="ÁNGELA Ñ")
    token, _secret = make_api_token(person)
    token.name = "ΣΊΣΥΦΟΣ"
    token.save()
    wanted = {"user": "ángela", "apitoken": "σίσυφος"}[model]
    for text, count in ((wanted, 1), ("nobody", 0)):
        page = admin_client.get(reverse(f"admin:emotion_site_{model}_changelist"), {"q": text})
        assert page.context["cl"].result_count == count
