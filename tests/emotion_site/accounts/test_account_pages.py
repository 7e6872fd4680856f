"""Who may open which page about people, and that every one of them has the site's own look."""

import re

import pytest
from django.urls import reverse

from emotion_site.models import OneTimeLink
from emotion_site.roles import Role
from tests.factories import make_api_token, make_one_time_link

SIGN_IN = "/accounts/login/"
# path -> (nobody, stranger, reviewer, admin); 302 of nobody leads to the sign-in page.
PAGES = {
    "/accounts/": (302, 200, 200, 200),
    "/accounts/about/": (302, 200, 200, 200),
    "/accounts/about/purpose/": (302, 403, 403, 200),
    "/accounts/tokens/": (302, 200, 200, 200),
    "/accounts/people/": (302, 403, 403, 200),
    "/accounts/people/{speaker}/": (302, 403, 403, 200),
    "/accounts/people/{speaker}/role/?role=reviewer": (302, 403, 403, 200),
    "/accounts/people/{speaker}/active/": (302, 403, 403, 200),
    "/accounts/people/{speaker}/second-steps/": (302, 403, 403, 200),
    "/accounts/people/invitations/": (302, 403, 403, 200),
    "/accounts/tokens/{speaker_token}/revoke/": (302, 404, 404, 404),
    "/accounts/password/change/": (302, 200, 200, 200),
    "/accounts/email/": (302, 200, 200, 200),
    "/accounts/2fa/": (302, 200, 200, 200),
    "/accounts/sessions/": (302, 200, 200, 200),
}
ACTIONS = {
    "/accounts/about/purpose/": (302, 403, 403, 422),
    "/accounts/people/{speaker}/role/": (302, 403, 403, 302),
    "/accounts/people/{speaker}/reset-link/": (302, 403, 403, 200),
    "/accounts/people/{speaker}/active/": (302, 403, 403, 302),
    "/accounts/people/{speaker}/second-steps/": (302, 403, 403, 302),
    "/accounts/people/invitations/": (302, 403, 403, 422),
    "/accounts/people/invitations/{invitation}/revoke/": (302, 403, 403, 302),
    "/accounts/tokens/{speaker_token}/revoke/": (302, 404, 404, 404),
}


def matrix(table):
    people = ["nobody", "stranger", "reviewer", "admin"]
    return [
        pytest.param(path, person, status, id=f"{person} {path}")
        for path, statuses in table.items()
        for person, status in zip(people, statuses, strict=True)
    ]


@pytest.fixture
def fill(speaker):
    token, _secret = make_api_token(speaker)
    invitation, _secret = make_one_time_link(OneTimeLink.Purpose.INVITATION, role=Role.REVIEWER)
    names = {"speaker": speaker.pk, "speaker_token": token.pk, "invitation": invitation.pk}
    return lambda path: path.format(**names)


@pytest.fixture
def browser_of(request, client_of):
    def browser(person):
        return client_of(None if person == "nobody" else request.getfixturevalue(person))

    return browser


@pytest.mark.parametrize(("path", "person", "status"), matrix(PAGES))
def test_a_page_opens_only_for_those_it_is_for(path, person, status, fill, browser_of):
    response = browser_of(person).get(fill(path))
    assert response.status_code == status
    if status == 302:
        assert response.url.startswith(SIGN_IN)


@pytest.mark.parametrize(("path", "person", "status"), matrix(ACTIONS))
def test_an_action_obeys_only_those_it_is_for(path, person, status, fill, browser_of, confirm_identity):
    browser = browser_of(person)
    if person == "admin":
        confirm_identity(browser)
    response = browser.post(fill(path), {"role": ""})
    assert response.status_code == status
    if person == "nobody":
        assert response.url.startswith(SIGN_IN)


def assert_in_the_sites_look(response):
    html = response.content.decode()
    assert response.status_code == 200
    assert "emotion_site/site.css" in html and "emotion_site/account.css" in html
    assert len(re.findall(r"<h1\b", html)) == 1
    assert not re.search(r"<script(?![^>]*(src=|application/json))", html), "a script of the page itself"
    assert " style=" not in html and " onclick=" not in html
    unlabelled = [
        tag
        for tag in re.findall(r"<(?:input|select)\b[^>]*>", html)
        if 'type="hidden"' not in tag
        and not re.search(r" hidden\b", tag)
        and "aria-label=" not in tag
        and not any(f'for="{found}"' in html for found in re.findall(r'\bid="([^"]+)"', tag))
        and not re.search(rf"<label>\s*{re.escape(tag)}|<label>[^<]*{re.escape(tag)}", html)
    ]
    assert unlabelled == []


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "account_reset_password", "account_logout"]
)
def test_entrance_pages_have_the_sites_look(name, speaker_client, client, db):
    browser = speaker_client if name == "account_logout" else client
    assert_in_the_sites_look(browser.get(reverse(name)))


@pytest.mark.parametrize(
    "name", ["account_inactive", "account_reset_password_done", "account_reset_password_from_key_done"]
)
def test_pages_that_only_tell_something_have_the_sites_look(name, client, db):
    assert_in_the_sites_look(client.get(reverse(name)))


def test_used_up_links_of_allauth_say_so_kindly(client, db):
    for path in ("/accounts/confirm-email/nonsense/", "/accounts/password/reset/key/1-nonsense/"):
        response = client.get(path)
        assert_in_the_sites_look(response)
        assert "This link no longer works" in response.content.decode()


@pytest.mark.parametrize(
    "name",
    [
        "emotion_site:account",
        "emotion_site:api_tokens",
        "emotion_site:delete_account",
        "account_email",
        "account_change_password",
        "mfa_index",
        "mfa_activate_totp",
        "mfa_list_webauthn",
        "mfa_add_webauthn",
        "usersessions_list",
    ],
)
def test_account_pages_have_the_sites_look(name, speaker_client, confirm_identity):
    confirm_identity(speaker_client)
    assert_in_the_sites_look(speaker_client.get(reverse(name)))


def test_a_page_that_can_change_the_account_asks_for_the_password_again(speaker_client):
    response = speaker_client.get(reverse("emotion_site:delete_account"), follow=True)
    assert_in_the_sites_look(response)
    assert "Confirm that it is you" in response.content.decode()


@pytest.mark.parametrize("name", ["account_change_password", "emotion_site:account", "usersessions_list"])
def test_a_page_that_ends_all_access_says_what_ends(name, speaker_client):
    page = speaker_client.get(reverse(name)).content.decode()
    assert "API tokens, links for others and exports that wait for download end too." in page


def test_a_person_without_a_password_can_set_one(speaker, client_of):
    speaker.set_unusable_password()
    speaker.save()
    browser = client_of(speaker)
    assert_in_the_sites_look(browser.get(reverse("account_set_password")))


def test_the_list_of_people_takes_the_same_queries_for_one_and_for_many(
    admin_client, speaker, stranger, reviewer, django_assert_max_num_queries
):
    admin_client.get(reverse("emotion_site:people"))
    with django_assert_max_num_queries(6):
        response = admin_client.get(reverse("emotion_site:people"))
    assert len(response.context["rows"]) == 4


def test_people_are_found_by_name_and_address(admin_client, speaker, stranger):
    for text in ("sam speak", "SPEAKER@"):
        response = admin_client.get(reverse("emotion_site:people"), {"q": text})
        assert [person for person, _role in response.context["rows"]] == [speaker]


@pytest.mark.parametrize("name", ["account_login", "account_signup", "account_reset_password"])
def test_the_address_has_one_name(settings, name, client, db):
    settings.SIGNUP, settings.EMAIL = "open", {"ENGINE": "-"}
    page = client.get(reverse(name)).content.decode()
    assert ">E-mail address</label>" in page and "Email" not in page
    refused = client.post(reverse(name), {"login": "nobody", "email": "nobody", "password": "-"})
    assert "Enter a valid e-mail address." in refused.content.decode()
