"""The link that makes the first administrator, and only the first."""

import pytest
from django.urls import reverse

from emotion_site.models import OneTimeLink, User
from emotion_site.roles import Role, role_of
from emotion_site.sign_in.links import first_administrator_link
from tests.factories import PASSWORD, UserFactory, expire

NEW_PERSON = {"email": "boss@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def path(db) -> str:
    found = first_administrator_link()
    assert found
    return found


@pytest.mark.parametrize("mode", ["open", "invite", "closed"])
def test_it_makes_an_administrator_who_is_signed_in(settings, path, client, mode):
    settings.SIGNUP = mode
    assert client.get(path).status_code == 200
    client.post(path, NEW_PERSON)
    assert role_of(User.objects.get()) == Role.ADMIN
    assert client.get(reverse("emotion_site:people")).status_code == 200


def test_it_needs_no_confirmation_by_mail(mail_is_configured, path, client, mailoutbox):
    client.post(path, NEW_PERSON)
    assert client.get(reverse("emotion_site:people")).status_code == 200
    assert mailoutbox == []


def test_it_can_raise_the_account_that_is_signed_in(path, speaker, speaker_client):
    assert role_of(speaker) == Role.USER
    assert "administrator" in speaker_client.get(path).content.decode()
    speaker_client.post(path)
    speaker.refresh_from_db()
    assert role_of(speaker) == Role.ADMIN
    assert speaker_client.post(path).status_code == 410


def test_there_is_none_once_there_is_an_administrator(path, client):
    UserFactory(role="admin")
    assert first_administrator_link() is None
    assert client.get(path).status_code == 410
    assert client.post(path, NEW_PERSON).status_code == 410


def test_a_deactivated_administrator_does_not_count(db):
    UserFactory(role="admin", is_active=False)
    assert first_administrator_link()


def test_it_expires(path, client):
    expire(OneTimeLink.objects.get())
    assert client.get(path).status_code == 410


def test_only_the_newest_works(path, client):
    assert client.get(first_administrator_link()).status_code == 200
    assert client.get(path).status_code == 410


def test_its_secret_is_neither_stored_nor_logged(db, caplog):
    with caplog.at_level("INFO"):
        secret = first_administrator_link().split("/")[-2]
    assert "One-time link made" in caplog.text and secret not in caplog.text
    assert secret not in repr(OneTimeLink.objects.get().__dict__)
