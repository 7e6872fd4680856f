"""Who may open which page about reviews."""

from uuid import uuid4

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db

ADMINISTRATORS = ["conflicts", "decisions", "exports", "export_list", "listens", "listens_csv"]


@pytest.fixture
def status_for(request, client_of):
    def status(person: str, address: str) -> int:
        user = request.getfixturevalue(person) if person != "nobody" else None
        return client_of(user).get(address).status_code

    return status


@pytest.mark.parametrize("page", ADMINISTRATORS)
@pytest.mark.parametrize(
    ("person", "status"),
    [("nobody", 302), ("speaker", 403), ("stranger", 403), ("reviewer", 403), ("admin", 200)],
)
def test_pages_of_administrators(status_for, page, person, status):
    assert status_for(person, reverse(f"annotations:{page}")) == status


@pytest.mark.parametrize(
    ("person", "status"),
    [("nobody", 302), ("speaker", 403), ("stranger", 403), ("reviewer", 200), ("admin", 200)],
)
@pytest.mark.parametrize("address", ["/agreement/", "/agreement/emotion/pairs.csv"])
def test_pages_of_reviewers(status_for, address, person, status):
    assert status_for(person, address) == status


@pytest.mark.parametrize(
    ("person", "status"),
    [("nobody", 302), ("speaker", 403), ("stranger", 403), ("reviewer", 403), ("admin", 200)],
)
def test_reviews_of_a_clip(status_for, shared, person, status):
    address = reverse("annotations:clip_reviews", args=["emotion", shared().pk])
    assert status_for(person, address) == status


def test_a_clip_that_never_was(admin_client):
    address = reverse("annotations:clip_reviews", args=["emotion", uuid4()])
    assert admin_client.get(address).status_code == 404


@pytest.mark.parametrize("page", ["conflicts", "decisions", "agreement"])
def test_an_unknown_task(admin_client, page):
    assert admin_client.get(reverse(f"annotations:{page}"), {"task": "nothing"}).status_code == 404
