"""What the site is used for: the first administrator is asked, administrators change it, all can read it."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emotion_site.accounts.purpose import current_purpose, declare_purpose
from emotion_site.models import DeclaredPurpose, User
from emotion_site.roles import Role, role_of
from emotion_site.sign_in.links import first_administrator_link
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
ABOUT, PURPOSE = "/accounts/about/", "/accounts/about/purpose/"
NEW_PERSON = {"email": "boss@example.org", "password1": PASSWORD, "password2": PASSWORD}
WHALES = {"purpose": "Listening to whales", "excludes_workers_and_pupils": "on"}
NOTICE = "Nobody has said yet"


def text_of(response) -> str:
    return response.content.decode()


@pytest.fixture
def declared(admin) -> DeclaredPurpose:
    return declare_purpose(text="Listening to whales", excludes_workers_and_pupils=True, actor=admin)


def test_the_first_administrator_is_asked(client):
    path = first_administrator_link()
    assert "What is this site used for?" in text_of(client.get(path))
    client.post(path, {**NEW_PERSON, **WHALES})
    purpose = current_purpose()
    assert (purpose.text, purpose.excludes_workers_and_pupils) == ("Listening to whales", True)
    assert purpose.declared_by == User.objects.get()
    assert NOTICE not in text_of(client.get("/history/"))


def test_the_first_administrator_may_leave_it_for_later(client):
    client.post(first_administrator_link(), NEW_PERSON)
    assert role_of(User.objects.get()) == Role.ADMIN
    assert current_purpose() is None
    page = text_of(client.get("/history/"))
    assert NOTICE in page and f'href="{PURPOSE}"' in page


@pytest.mark.parametrize("half", WHALES)
def test_half_a_declaration_makes_no_account(client, half):
    response = client.post(first_administrator_link(), {**NEW_PERSON, half: WHALES[half]})
    assert response.status_code == 200
    assert "for now." in text_of(response)
    assert not User.objects.exists() and current_purpose() is None


def test_everybody_signed_in_can_read_it(declared, speaker_client):
    page = text_of(speaker_client.get(ABOUT))
    assert "Listening to whales" in page
    assert "workers or pupils are not inferred" in page
    assert PURPOSE not in page
    assert f'href="{ABOUT}"' in text_of(speaker_client.get("/history/"))


def test_a_stranger_is_not_led_to_it(declared, client):
    assert ABOUT not in text_of(client.get(reverse("account_login")))


def test_until_then_only_administrators_are_reminded(speaker_client, admin_client):
    assert "have not declared that yet" in text_of(speaker_client.get(ABOUT))
    assert NOTICE not in text_of(speaker_client.get(ABOUT))
    assert NOTICE in text_of(admin_client.get("/"))
    assert NOTICE not in text_of(admin_client.get(PURPOSE))


def test_the_reminder_costs_others_no_query(speaker_client):
    with CaptureQueriesContext(connection) as queries:
        speaker_client.get("/history/")
    assert not any("declaredpurpose" in query["sql"] for query in queries)


def test_an_administrator_changes_it_and_what_was_said_stays(declared, admin, admin_client, caplog):
    assert "Listening to whales" in text_of(admin_client.get(PURPOSE))
    with caplog.at_level("INFO"):
        response = admin_client.post(PURPOSE, {**WHALES, "purpose": "  Listening\r\nto birds "})
    assert response.url == ABOUT
    assert [row.text for row in DeclaredPurpose.objects.all()] == [
        "Listening to birds",
        "Listening to whales",
    ]
    assert f"Purpose declared purpose={current_purpose().pk} by={admin.pk}" in caplog.text
    assert "birds" not in caplog.text


@pytest.mark.parametrize(
    "wrong", [{"purpose": ""}, {"purpose": " "}, {"purpose": "x" * 301}, {"excludes_workers_and_pupils": ""}]
)
def test_an_incomplete_declaration_changes_nothing(admin_client, wrong):
    response = admin_client.post(PURPOSE, {**WHALES, **wrong})
    assert response.status_code == 422
    assert 'class="errorlist"' in text_of(response)
    assert current_purpose() is None


def test_it_outlives_whoever_declared_it(declared, admin, speaker_client):
    admin.delete()
    assert "Listening to whales" in text_of(speaker_client.get(ABOUT))


def test_the_database_refuses_an_empty_one(admin):
    with pytest.raises(IntegrityError):
        declare_purpose(text=" ", excludes_workers_and_pupils=True, actor=admin)


def test_what_is_written_is_shown_as_text(admin, speaker_client):
    declare_purpose(text="<script>alert(1)</script>", excludes_workers_and_pupils=True, actor=admin)
    assert "<script>alert(1)" not in text_of(speaker_client.get(ABOUT))
