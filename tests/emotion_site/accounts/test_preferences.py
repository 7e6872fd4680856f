"""Language, appearance and the other things that people set for themselves."""

from datetime import UTC, datetime

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

PREFERENCES = "/accounts/preferences/"


def test_a_stranger_keeps_language_and_appearance_in_this_browser(client, db):
    response = client.post(PREFERENCES, {"language": "es", "theme": "dark", "next": "/accounts/login/"})
    assert response.url == "/accounts/login/"
    page = client.get("/accounts/login/")
    assert page["Content-Language"] == "es"
    assert '<html lang="es" data-theme="dark">' in page.content.decode()


def test_the_choice_of_whoever_is_signed_in_follows_them(speaker, speaker_client, client_of):
    speaker_client.post(PREFERENCES, {"language": "es", "theme": "light"})
    page = client_of(speaker).get(reverse("emotion_site:account"))
    assert '<html lang="es" data-theme="light">' in page.content.decode()


def test_without_a_choice_the_browser_decides(client, db):
    page = client.get("/accounts/login/", headers={"Accept-Language": "es-MX,es;q=0.9"})
    assert '<html lang="es">' in page.content.decode()


@pytest.mark.parametrize("fields", [{"language": "xx"}, {"theme": "<script>"}, {}])
def test_an_unknown_choice_changes_nothing(client, db, fields):
    response = client.post(PREFERENCES, fields)
    assert response.status_code == 302
    assert not response.cookies


@pytest.mark.parametrize(
    "page",
    ["https://evil.example.org/", "//evil.example.org/", "javascript:alert(1)", "/\\evil.example.org", ""],
)
def test_it_never_leads_to_another_site(client, db, page):
    assert client.post(PREFERENCES, {"theme": "dark", "next": page}).url == "/"


def test_looking_changes_nothing(client, db):
    assert client.get(PREFERENCES).status_code == 405


def test_the_cookies_are_no_business_of_scripts_or_other_sites(client, db):
    client.post(PREFERENCES, {"language": "es"})
    cookie = client.cookies[django_settings.LANGUAGE_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_a_profile_is_saved_and_shown(speaker, speaker_client):
    fields = {"name": "Ana", "language": "", "theme": "auto"}
    page = speaker_client.post(reverse("emotion_site:save_profile"), fields, follow=True).content.decode()
    assert "profile is saved" in page and 'value="Ana"' in page
    speaker.refresh_from_db()
    assert (speaker.name, speaker.language, speaker.theme) == ("Ana", "", "auto")


def test_a_profile_with_a_mistake_is_shown_again(speaker, speaker_client):
    fields = {"name": "A" * 121, "language": "", "theme": "auto"}
    response = speaker_client.post(reverse("emotion_site:save_profile"), fields)
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()
    speaker.refresh_from_db()
    assert speaker.name == "Sam Speaker"


def test_nothing_is_shared_until_a_person_says_so(speaker, speaker_client):
    assert (speaker.share_for_review, speaker.share_for_training) == (False, False)
    speaker_client.post(reverse("emotion_site:save_privacy"), {"share_for_review": "on"})
    speaker.refresh_from_db()
    assert (speaker.share_for_review, speaker.share_for_training) == (True, False)


def test_without_mail_a_new_address_counts_at_once(speaker, speaker_client, confirm_identity, client):
    confirm_identity(speaker_client)
    page = reverse("account_email")
    response = speaker_client.post(page, {"email": "Sam@example.org", "action_add": ""}, follow=True)
    html = response.content.decode()
    assert "address is changed" in html and "message" not in html
    speaker.refresh_from_db()
    assert speaker.email == "sam@example.org"
    assert [address.email for address in speaker.emailaddress_set.all()] == ["sam@example.org"]


def test_without_mail_an_address_in_use_is_refused(speaker, stranger, speaker_client, confirm_identity):
    confirm_identity(speaker_client)
    response = speaker_client.post(
        reverse("account_email"), {"email": "STRANGER@example.org", "action_add": ""}
    )
    assert "There is an account with this e-mail address already." in response.content.decode()
    speaker.refresh_from_db()
    assert speaker.email == "speaker@example.org"


def test_an_address_that_would_be_cut_is_refused(speaker, speaker_client, confirm_identity):
    confirm_identity(speaker_client)
    too_long = "y" * 250 + "@example.org"
    response = speaker_client.post(reverse("account_email"), {"email": too_long, "action_add": ""})
    assert "at most 254 characters" in response.content.decode()
    speaker.refresh_from_db()
    assert speaker.email == "speaker@example.org"


def test_with_mail_a_new_address_counts_once_it_is_confirmed(
    mail_is_configured, speaker, speaker_client, confirm_identity, mailoutbox
):
    speaker.emailaddress_set.create(email=speaker.email, verified=True, primary=True)
    confirm_identity(speaker_client)
    page = reverse("account_email")
    html = speaker_client.post(
        page, {"email": "sam@example.org", "action_add": ""}, follow=True
    ).content.decode()
    assert "is not confirmed yet" in html
    speaker.refresh_from_db()
    assert speaker.email == "speaker@example.org"
    link = next(word for word in mailoutbox[0].body.split() if word.startswith("http://testserver/"))
    speaker_client.post(link)
    speaker.refresh_from_db()
    assert speaker.email == "sam@example.org"


def test_the_address_of_a_button_leads_a_browser_to_a_page(speaker_client):
    response = speaker_client.get("/clips/delete/", headers={"Accept": "text/html,*/*"}, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert "Please try it again" in response.content.decode()


@pytest.mark.parametrize(
    ("language", "day", "moment"),
    [("en", "29 Nov 2026", "29 Nov 2026, 18:51"), ("es", "29/11/2026", "29/11/2026 18:51")],
)
def test_short_dates_are_written_for_people(language, day, moment):
    at = datetime(2026, 11, 29, 18, 51, tzinfo=UTC)
    with translation.override(language):
        assert date_format(at, "SHORT_DATE_FORMAT") == day
        assert date_format(at, "SHORT_DATETIME_FORMAT") == moment
