"""Deactivating, signing out everywhere, and deleting an account."""

import pytest
from django.urls import reverse

from classifier.models import Clip
from emotion_site.models import ApiToken, User
from emotion_site.roles import Role
from tests.factories import PASSWORD, make_api_token

ACCOUNT = "/accounts/"


@pytest.fixture
def sign_in(client_of):
    def make(user):
        browser = client_of(None)
        browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
        return browser

    return make


def test_a_deactivated_person_is_out_at_once_and_can_come_back(fresh_admin_client, speaker, sign_in):
    browser = sign_in(speaker)
    path = reverse("emotion_site:set_active", args=[speaker.pk])
    fresh_admin_client.get(path)
    assert browser.get(ACCOUNT).status_code == 200
    fresh_admin_client.post(path)
    assert browser.get(ACCOUNT).status_code == 302
    assert (
        "This account is deactivated"
        in browser.post(
            reverse("account_login"), {"login": speaker.email, "password": PASSWORD}, follow=True
        ).content.decode()
    )
    fresh_admin_client.post(path)
    assert sign_in(speaker).get(ACCOUNT).status_code == 200


def test_a_deactivated_person_is_shown_with_the_role_they_come_back_to(fresh_admin_client, reviewer):
    path = reverse("emotion_site:person", args=[reviewer.pk])
    fresh_admin_client.post(reverse("emotion_site:set_active", args=[reviewer.pk]))
    assert fresh_admin_client.get(path).context["role"] == Role.REVIEWER
    page = fresh_admin_client.get(reverse("emotion_site:people")).content.decode()
    assert "Reviewer" in page and "deactivated" in page


def test_sign_out_everywhere_ends_every_session_of_this_person_only(speaker, stranger, sign_in):
    here, elsewhere, other = sign_in(speaker), sign_in(speaker), sign_in(stranger)
    here.post(reverse("emotion_site:sign_out_everywhere"))
    assert [browser.get(ACCOUNT).status_code for browser in (here, elsewhere, other)] == [302, 302, 200]


def test_sign_out_all_others_keeps_this_session(speaker, sign_in):
    here, elsewhere = sign_in(speaker), sign_in(speaker)
    response = here.post(reverse("usersessions_list"), follow=True)
    assert "all other devices" in response.content.decode()
    assert [browser.get(ACCOUNT).status_code for browser in (here, elsewhere)] == [200, 302]


def test_sessions_are_listed_by_device(speaker, client_of):
    browser = client_of(None)
    browser.defaults["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    )
    browser.post(reverse("account_login"), {"login": speaker.email, "password": PASSWORD})
    assert "Firefox, Linux" in browser.get(reverse("usersessions_list")).content.decode()


def test_last_seen_is_noted_but_not_on_every_request(speaker, sign_in, django_assert_max_num_queries):
    browser = sign_in(speaker)
    browser.get(ACCOUNT)
    assert speaker.usersession_set.count() == 1
    with django_assert_max_num_queries(10) as queries:
        browser.get(ACCOUNT)
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]


def test_deleting_an_account_takes_everything_with_it(speaker, speaker_client, confirm_identity, caplog):
    make_api_token(speaker)
    Clip.objects.create(owner=speaker, source="upload", audio="gone.flac", checksum="0" * 64, duration_s=1.0)
    confirm_identity(speaker_client)
    path = reverse("emotion_site:delete_account")
    assert "required" in speaker_client.post(path, {"understood": ""}).content.decode()
    assert User.objects.filter(pk=speaker.pk).exists()
    with caplog.at_level("INFO"):
        response = speaker_client.post(path, {"understood": "on"}, follow=True)
    assert "is deleted" in response.content.decode()
    assert not User.objects.filter(pk=speaker.pk).exists()
    assert not Clip.objects.exists() and not ApiToken.objects.exists()
    assert f"Account deleted user={speaker.pk}" in caplog.text and speaker.email not in caplog.text
    assert speaker_client.get(ACCOUNT).status_code == 302


def test_the_last_administrator_cannot_delete_their_account(admin, admin_client, confirm_identity):
    confirm_identity(admin_client)
    response = admin_client.post(reverse("emotion_site:delete_account"), {"understood": "on"}, follow=True)
    assert "only administrator" in response.content.decode()
    assert User.objects.filter(pk=admin.pk).exists()


def test_nobody_deletes_an_account_without_confirming_who_they_are(speaker, speaker_client):
    response = speaker_client.post(reverse("emotion_site:delete_account"), {"understood": "on"})
    assert response.url.startswith(reverse("account_reauthenticate"))
    assert User.objects.filter(pk=speaker.pk).exists()
