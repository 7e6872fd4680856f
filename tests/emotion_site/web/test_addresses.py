"""Under which addresses the site is reached: the port of its links, and nothing secret over plain HTTP."""

import re

import pytest
from django.urls import reverse

from tests.factories import PASSWORD, make_api_token

FOREIGN = {"HTTP_HOST": "testserver:9999"}
RESET = reverse("account_reset_password")
SIGN_IN = reverse("account_login")


def ports_in(text: str) -> set[str]:
    return set(re.findall(r"https?://[^/\s\"]+", text))


def test_a_reset_link_leads_to_no_foreign_port(mail_is_configured, client, speaker, mailoutbox):
    client.post(RESET, {"email": speaker.email}, **FOREIGN)
    assert ports_in(mailoutbox[0].body) == {"http://testserver"}


def test_nor_does_the_mail_to_somebody_without_an_account(mail_is_configured, client, db, mailoutbox):
    client.post(RESET, {"email": "nobody@example.org"}, **FOREIGN)
    assert ports_in(mailoutbox[0].body) <= {"http://testserver"}


def test_nor_a_link_that_an_administrator_makes(fresh_admin_client, speaker):
    reset = fresh_admin_client.post(reverse("emotion_site:person_reset_link", args=[speaker.pk]), **FOREIGN)
    assert reset.context["url"].startswith("http://testserver/")
    fields = {"email": "new@example.org", "role": "user"}
    invitation = fresh_admin_client.post(reverse("emotion_site:invitations"), fields, **FOREIGN)
    assert invitation.context["url"].startswith("http://testserver/")


def test_a_port_that_the_settings_name_is_the_sites_own(
    settings, mail_is_configured, client, speaker, mailoutbox
):
    settings.CSRF_TRUSTED_ORIGINS = ["http://testserver:9999"]
    client.post(RESET, {"email": speaker.email}, **FOREIGN)
    assert ports_in(mailoutbox[0].body) == {"http://testserver:9999"}


def test_the_port_where_the_site_listens_stays(mail_is_configured, client, speaker, mailoutbox):
    client.post(RESET, {"email": speaker.email}, HTTP_HOST="testserver:8000", SERVER_PORT="8000")
    assert ports_in(mailoutbox[0].body) == {"http://testserver:8000"}


@pytest.fixture
def behind_tls(settings) -> None:
    settings.HTTPS, settings.NUM_PROXIES = True, 1
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def test_nobody_signs_in_over_plain_http(behind_tls, client, speaker):
    fields = {"login": speaker.email, "password": PASSWORD}
    refused = client.post(SIGN_IN, fields)
    assert refused.status_code == 403
    assert "only works over HTTPS" in refused.content.decode()
    assert "sessionid" not in client.cookies
    assert client.post(SIGN_IN, fields, HTTP_X_FORWARDED_PROTO="https").status_code == 302


def test_nor_is_a_token_taken_over_plain_http(behind_tls, client, speaker):
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {make_api_token(speaker)[1]}"}
    refused = client.get("/api/v1/clips/", **bearer)
    assert (refused.status_code, refused.json()["code"]) == (403, "https_required")
    assert client.get("/api/v1/clips/", **bearer, HTTP_X_FORWARDED_PROTO="https").status_code == 200


def test_a_page_leads_to_its_address_with_tls(behind_tls, client, db):
    assert client.get(SIGN_IN + "?next=/history/").url == f"https://testserver{SIGN_IN}?next=/history/"
    assert client.get(SIGN_IN, HTTP_HOST="testserver:8000").status_code == 403
    assert client.get("/health/").status_code not in (302, 403)
