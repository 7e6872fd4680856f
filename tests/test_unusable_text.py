"""Text that no database keeps and no answer can carry is refused at every door, on every database."""

import pytest
from django.urls import reverse

from tests.factories import ClipFactory

API = "/api/v1/"
NUL = "\0"


@pytest.fixture
def clip(admin):
    return ClipFactory(owner=admin, answer="sad")


@pytest.mark.parametrize(
    "address",
    [
        API + "decisions/?state=%00",
        API + "decisions/?task=%00",
        API + "agreement/?task=%00",
        API + "versions/?task=%00",
        API + "versions/in_service/?at=2026-01-01T00:00:00Z&task=%00",
        "/accounts/people/?q=%00",
        "/listens/?q=%00",
        "/history/?text=%00",
        "/models/?task=%00",
    ],
)
def test_in_an_address(admin_client, clip, address):
    response = admin_client.get(address)
    assert response.status_code in {200, 400, 404}
    if address.startswith(API) and response.status_code >= 400:
        assert set(response.json()) == {"code", "detail"}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("reviews/next/", {"task": NUL}),
        ("reviews/", {"task": NUL, "clip": "0" * 32, "client_id": "a", "label": "sad"}),
        ("runs/", {"task": NUL}),
        ("versions/rollback/?task=%00", {}),
        ("clips/", {"source": "\ud800"}),
        ("reviews/", {"flag": "\ud800", "client_id": "a"}),
        ("runs/", {"mode": "\ud800"}),
        ("runs/", {"hyperparameters": {"\ud800": 1}}),
    ],
)
def test_in_json(admin_client, clip, path, fields):
    response = admin_client.post(API + path, fields, content_type="application/json")
    assert response.status_code in {400, 404}
    assert set(response.json()) == {"code", "detail"}


def test_in_a_form(admin_client, clip):
    forms = {
        reverse("annotations:objection", args=[clip.pk]): {"wished_label": NUL},
        "/models/roll-back/": {"task": NUL},
        "/models/predict-again/": {"task": NUL},
        f"/reviews/emotion/{clip.pk}/": {"answer": NUL},
    }
    statuses = {path: admin_client.post(path, fields).status_code for path, fields in forms.items()}
    assert not {path: status for path, status in statuses.items() if status not in {302, 400, 404, 409}}


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/models/roll-back/", {"task": "emotion", "instead_of": "9" * 5000}),
        (f"{API}reviews/release/", {"clip": "0" * 32, "leased_until": "0001-01-01T00:00:00+14:00"}),
        (f"{API}reviews/release/", {"clip": "0" * 32, "leased_until": "9999-12-31T23:59:59-12:00"}),
    ],
)
def test_numbers_and_moments_beyond_everything(admin_client, clip, path, fields):
    kind = {"content_type": "application/json"} if path.startswith(API) else {}
    assert admin_client.post(path, fields, **kind).status_code in {302, 400}


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00+14:00", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00"]
)
def test_a_moment_beyond_every_calendar_was_served_by_nothing(admin_client, clip, moment):
    response = admin_client.get("/models/", {"at": moment})
    assert response.status_code == 200 and "served" not in response.context
