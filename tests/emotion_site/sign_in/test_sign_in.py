"""Sign-in gives nothing away, leads nowhere else, and slows down guessing."""

import pytest
from django.urls import reverse

from tests.factories import PASSWORD

ACCOUNT = "/accounts/"
SIGN_IN = "/accounts/login/"


def sign_in(client, email, password=PASSWORD, **fields):
    return client.post(SIGN_IN, {"login": email, "password": password, **fields})


def test_the_address_may_be_written_in_any_case(client, speaker):
    assert sign_in(client, "SPEAKER@Example.org").url == "/"
    assert client.get(ACCOUNT).status_code == 200


def test_a_wrong_password_and_an_unknown_address_look_alike(client, speaker):
    wrong = sign_in(client, speaker.email, "wrong")
    unknown = sign_in(client, "speaker@example.com", "wrong")
    assert wrong.status_code == unknown.status_code == 200
    assert wrong.context["form"].errors == unknown.context["form"].errors != {}


@pytest.mark.parametrize("page", ["https://evil.example.org/", "//evil.example.org", "javascript:alert(1)"])
def test_it_never_leads_to_another_site(client, speaker, page):
    assert sign_in(client, speaker.email, next=page).url == "/"


def test_it_leads_to_the_page_that_was_asked_for(client, speaker):
    response = client.get(ACCOUNT)
    assert response.url == f"{SIGN_IN}?next={ACCOUNT}"
    assert sign_in(client, speaker.email, next=ACCOUNT).url == ACCOUNT


def test_the_session_gets_a_new_key(client, speaker):
    session = client.session
    session["planted"] = True
    session.save()
    before = session.session_key
    sign_in(client, speaker.email)
    assert client.session.session_key != before


def test_guessing_is_slowed_down(settings, client, speaker):
    settings.ACCOUNT_RATE_LIMITS = {}
    for _attempt in range(5):
        sign_in(client, speaker.email, "wrong")
    response = sign_in(client, speaker.email)
    assert "Too many failed" in response.content.decode()
    assert client.get(ACCOUNT).status_code == 302


def test_too_many_requests_get_a_kind_page(settings, client, db):
    settings.ACCOUNT_RATE_LIMITS = {"login": "1/m/ip"}
    sign_in(client, "nobody@example.org")
    response = sign_in(client, "nobody@example.org")
    assert response.status_code == 429
    assert "emotion_site/site.css" in response.content.decode()


def test_the_admin_uses_the_sites_own_sign_in(client, db):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith(SIGN_IN)
    assert response.redirect_chain[-1][0].endswith("next=%2Fadmin%2F")


@pytest.mark.parametrize("name", ["speaker_client", "reviewer_client"])
def test_the_admin_is_closed_to_everyone_else(request, name):
    response = request.getfixturevalue(name).get("/admin/", follow=True)
    assert response.status_code == 403


def test_a_changed_password_ends_the_other_sessions(speaker, speaker_client, client_of):
    elsewhere = client_of(speaker)
    new = "yet another long sentence"
    response = speaker_client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert response.url == ACCOUNT
    assert speaker_client.get(ACCOUNT).status_code == 200
    assert elsewhere.get(ACCOUNT).status_code == 302


def test_pages_may_not_load_anything_from_elsewhere(client, db):
    policy = client.get(SIGN_IN)["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "unsafe" not in policy
