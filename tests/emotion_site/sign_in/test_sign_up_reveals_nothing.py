"""Without mail, signing up tells no stranger who has an account."""

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.urls import reverse

from emotion_site.models import Notice, OneTimeLink, User
from emotion_site.roles import Role
from emotion_site.sign_in.links import link_path
from tests.factories import PASSWORD, make_one_time_link

NEW_PERSON = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def sign_up(client):
    def post(path=None, **fields):
        return client.post(path or reverse("account_signup"), {**NEW_PERSON, **fields})

    return post


@pytest.fixture
def answer_to(settings, client_of):
    """What a stranger gets to see who signs up with an address: the answer, then the page it leads to."""

    def answer(email, path=None):
        browser = client_of(None)
        response = browser.post(path or reverse("account_signup"), {**NEW_PERSON, "email": email})
        page = browser.get(response.url).content.decode()
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce-\w+', "", page).replace(email, "")
        return response.status_code, response.url, sorted(browser.cookies), page

    return answer


def test_without_mail_sign_up_does_not_tell_who_has_an_account(settings, speaker, answer_to):
    settings.SIGNUP = "open"
    assert answer_to(speaker.email) == answer_to("unknown@example.org")
    assert answer_to(speaker.email.upper())[:2] == answer_to("another@example.org")[:2]
    assert speaker.check_password(PASSWORD) and User.objects.filter(email="unknown@example.org").exists()


def test_both_answers_take_one_hash_of_a_password(settings, speaker, sign_up, monkeypatch):
    settings.SIGNUP = "open"
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(args) or encode(*args))
    sign_up(email=speaker.email)
    taken = len(hashed)
    sign_up(email="unknown@example.org")
    assert taken == len(hashed) - taken == 1


def test_whoever_has_the_address_is_told_once_and_only_of_others(settings, speaker, sign_up, client):
    settings.SIGNUP = "open"
    sign_up(email=speaker.email)
    assert not Notice.objects.exists(), "with their own password it is themselves"
    for password in ("somebody's long guess", "another long guess of theirs"):
        sign_up(email=speaker.email, password1=password, password2=password)
    assert [(notice.user, notice.kind) for notice in Notice.objects.all()] == [(speaker, "address-tried")]


def test_sign_up_is_no_way_around_the_second_step_or_the_limit_of_guesses(settings, speaker, sign_up, client):
    settings.SIGNUP = "open"
    sign_up(email=speaker.email)
    assert client.get(reverse("emotion_site:account")).status_code == 302


def test_an_invitation_finds_out_about_one_address_at_most(settings, sign_up, speaker, client):
    settings.SIGNUP = "invite"
    _link, secret = make_one_time_link(OneTimeLink.Purpose.INVITATION, role=Role.USER)
    path = link_path(OneTimeLink.Purpose.INVITATION, secret)
    assert sign_up(path, email=speaker.email).url == reverse("account_login")
    assert client.get(path).status_code == 410


def test_sign_up_leads_on_to_the_page_that_was_asked_for(settings, db, client):
    settings.SIGNUP = "open"
    response = client.post(reverse("account_signup"), {**NEW_PERSON, "next": "/history/"})
    assert response.url == f"{reverse('account_login')}?next=%2Fhistory%2F"


def test_a_changed_address_that_is_taken_is_told_to_whoever_has_it(speaker, stranger_client):
    stranger_client.post(reverse("account_email"), {"email": speaker.email, "action_add": ""})
    assert [(notice.user, notice.kind) for notice in Notice.objects.all()] == [(speaker, "address-tried")]
