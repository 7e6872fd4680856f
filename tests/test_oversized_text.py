"""Text that is longer than a database compares is the sender's to shorten, on every database."""

import pytest
from django.urls import reverse

from tests.factories import ClipFactory

API = "/api/v1/"
LONG = "a" * 60_000
MANY_WORDS = "a " * 1_500


@pytest.fixture
def clip(admin):
    return ClipFactory(owner=admin, answer="sad")


@pytest.mark.parametrize("text", [LONG, MANY_WORDS], ids=["long", "many words"])
@pytest.mark.parametrize(
    "address",
    [
        "/accounts/people/?q={}",
        "/listens/?q={}",
        "/admin/emotion_site/user/?q={}",
        "/admin/emotion_site/apitoken/?q={}",
    ],
)
def test_search(admin_client, clip, address, text):
    response = admin_client.get(address.format(text))
    assert response.status_code == 400
    assert "too long" in response.content.decode()


@pytest.mark.parametrize("text", [LONG, MANY_WORDS], ids=["long", "many words"])
@pytest.mark.parametrize(
    "address",
    [
        "/history/?q={}",
        "/history/?cursor={}",
        "/history/?label={}",
        "/models/?task={}",
        "/models/?at={}",
        API + "clips/?cursor={}",
        API + "decisions/?state={}",
        API + "decisions/?task={}",
        API + "agreement/?task={}",
        API + "versions/?task={}",
        API + "versions/in_service/?at=2026-01-01T00:00:00Z&task={}",
    ],
)
def test_in_an_address(admin_client, clip, address, text):
    assert admin_client.get(address.format(text)).status_code in {200, 400, 404}


@pytest.mark.parametrize("number", ["9" * 30, "9" * 4_000])
@pytest.mark.parametrize(
    "address", [API + "clips/?page_size={}", "/admin/emotion_site/user/?p={}", "/listens/?page={}"]
)
def test_numbers_in_an_address(admin_client, clip, address, number):
    assert admin_client.get(address.format(number)).status_code in {200, 302, 400, 404}


def test_in_a_form(admin_client, clip):
    ids = [f"{number:032x}" for number in range(900)]
    forms = {
        reverse("annotations:objection", args=[clip.pk]): {"wished_label": LONG},
        "/models/roll-back/": {"task": LONG},
        f"/reviews/emotion/{clip.pk}/": {"answer": LONG},
        "/accounts/login/": {"login": f"{LONG}@example.org", "password": LONG},
        "/accounts/password/reset/": {"email": f"{LONG}@example.org"},
        reverse("classifier:delete"): {"ids": ids},
    }
    statuses = {path: admin_client.post(path, fields).status_code for path, fields in forms.items()}
    assert not {
        path: status for path, status in statuses.items() if status not in {200, 302, 400, 404, 409, 422}
    }
