"""Guessing of passwords is slowed down, and nobody is locked out by somebody else."""

import pytest
from django.core import mail, signing
from django.urls import reverse
from django.utils import timezone

from emotion_site.models import Notice, User
from emotion_site.sign_in.ending_access import end_all_access
from emotion_site.sign_in.guessing import COOKIE, OPEN_AFTER_UNLOCK
from tests.factories import PASSWORD, make_one_time_link

SIGN_IN = "/accounts/login/"
HERE, ELSEWHERE = "192.0.2.1", "203.0.113.9"


@pytest.fixture(autouse=True)
def limits(settings, monkeypatch):
    """As the site is served; the limit of all sign-ins of a client would stand before what is tested."""
    settings.ACCOUNT_RATE_LIMITS = {"login": None}
    monkeypatch.setattr("emotion_site.sign_in.guessing.OF_ADDRESS", "10/h/key")


@pytest.fixture
def at(client_of):
    """A browser at a network address."""

    def make(address=HERE):
        browser = client_of(None)
        browser.defaults["REMOTE_ADDR"] = address
        return browser

    return make


def sign_in(browser, address, password=PASSWORD):
    return browser.post(SIGN_IN, {"login": address, "password": password})


def guess(browser, address, times=5):
    for number in range(times):
        assert sign_in(browser, address, f"wrong {number}").status_code == 200


def is_let_in(browser, address) -> bool:
    return sign_in(browser, address).status_code == 302


def many_guesses(at, address) -> None:
    """As many as one address takes from everywhere, five from each client."""
    for number in range(2):
        guess(at(f"198.51.100.{number}"), address)


def test_five_wrong_passwords_lock_nobody_else_out(at, speaker):
    guess(at(ELSEWHERE), speaker.email)
    assert not is_let_in(at(ELSEWHERE), speaker.email)
    assert is_let_in(at(HERE), speaker.email)


def test_the_address_may_be_written_in_any_case(at, speaker):
    guess(at(), speaker.email.upper(), 3)
    guess(at(), f" {speaker.email} ", 2)
    assert not is_let_in(at(), speaker.email)


def test_a_client_that_is_locked_out_of_one_address_is_let_into_another(at, speaker, stranger):
    guess(at(), speaker.email)
    assert is_let_in(at(), stranger.email)


def test_behind_a_proxy_the_client_is_the_one_that_it_names(settings, at, speaker):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    one, other = at(), at()
    one.defaults["HTTP_X_FORWARDED_FOR"] = f"{HERE}, {ELSEWHERE}"
    other.defaults["HTTP_X_FORWARDED_FOR"] = f"{ELSEWHERE}, {HERE}"
    guess(one, speaker.email)
    assert not is_let_in(one, speaker.email)
    assert is_let_in(other, speaker.email)


def test_a_right_password_costs_nothing(at, speaker):
    for _attempt in range(12):
        assert is_let_in(at(), speaker.email)


def test_a_client_that_tries_many_addresses_is_slowed_down(at, speaker):
    for number in range(10):
        guess(at(), f"nobody{number}@example.org", 1)
    assert not is_let_in(at(), speaker.email)
    assert is_let_in(at(ELSEWHERE), speaker.email)


def test_where_somebody_signed_in_before_they_are_let_in_whatever_others_do(at, speaker):
    owner = at()
    assert is_let_in(owner, speaker.email)
    owner.post(reverse("account_logout"))
    for number in range(10):
        guess(at(), f"nobody{number}@example.org", 1)
    many_guesses(at, speaker.email)
    assert not is_let_in(at(ELSEWHERE), speaker.email), "guessing from everywhere goes on"
    assert is_let_in(owner, speaker.email)


def test_the_owner_is_told_once_of_guessing_from_everywhere(at, speaker):
    many_guesses(at, speaker.email)
    for _attempt in range(2):
        assert not is_let_in(at(ELSEWHERE), speaker.email)
    assert [notice.kind for notice in Notice.objects.filter(user=speaker)] == ["many-guesses"]


def test_a_known_browser_is_slowed_down_too(at, speaker):
    owner = at()
    is_let_in(owner, speaker.email)
    owner.post(reverse("account_logout"))
    guess(owner, speaker.email)
    assert not is_let_in(owner, speaker.email)


@pytest.mark.parametrize("cookie", ["forged", "of another person", "from before access ended"])
def test_only_its_own_unspent_cookie_makes_a_browser_known(at, speaker, stranger, cookie):
    browser = at(ELSEWHERE)
    if cookie == "forged":
        browser.cookies[COOKIE] = signing.dumps({"id": "x", "people": {str(speaker.pk): 0}}, key="wrong")
    else:
        is_let_in(browser, (stranger if cookie == "of another person" else speaker).email)
        browser.post(reverse("account_logout"))
    if cookie == "from before access ended":
        end_all_access(User.objects.get(pk=speaker.pk))
    many_guesses(at, speaker.email)
    assert not is_let_in(browser, speaker.email)


def test_the_page_says_the_same_of_an_address_without_an_account(at, speaker):
    words = []
    for address in (speaker.email, "nobody@example.org"):
        guess(at(), address)
        answer = sign_in(at(), address)
        words.append(answer.context["form"].errors)
    assert words[0] == words[1] and "Too many failed" in str(words[0])


def test_an_administrator_unlocks_everywhere_and_tells(at, speaker, admin, fresh_admin_client, caplog):
    guess(at(), speaker.email)
    many_guesses(at, speaker.email)
    assert not is_let_in(at(), speaker.email) and not is_let_in(at(ELSEWHERE), speaker.email)
    with caplog.at_level("INFO"):
        fresh_admin_client.post(reverse("emotion_site:unlock_person", args=[speaker.pk]))
    assert is_let_in(at(), speaker.email) and is_let_in(at(ELSEWHERE), speaker.email)
    assert f"Sign-in unlocked user={speaker.pk} by={admin.pk}" in caplog.text
    assert "unlocked" in Notice.objects.filter(user=speaker).values_list("kind", flat=True)


def test_an_unlocked_person_is_let_in_where_others_used_the_client_up(at, speaker, fresh_admin_client):
    for number in range(10):
        guess(at(), f"nobody{number}@example.org", 1)
    fresh_admin_client.post(reverse("emotion_site:unlock_person", args=[speaker.pk]))
    assert is_let_in(at(), speaker.email)
    User.objects.filter(pk=speaker.pk).update(unlocked_at=timezone.now() - OPEN_AFTER_UNLOCK)
    assert not is_let_in(at(), speaker.email), "not for ever"


def test_only_administrators_unlock(speaker_client, speaker):
    assert speaker_client.post(reverse("emotion_site:unlock_person", args=[speaker.pk])).status_code == 403


@pytest.mark.parametrize("by", ["mail", "link"])
def test_a_new_password_unlocks(at, client_of, speaker, mail_is_configured, by):
    guess(at(), speaker.email)
    assert not is_let_in(at(), speaker.email)
    new = "quite another long sentence"
    if by == "mail":
        at().post(reverse("account_reset_password"), {"email": speaker.email})
        link = next(word for word in mail.outbox[0].body.split() if word.startswith("http://testserver/"))
        browser = client_of(None)
        path = browser.get(link, follow=True).request["PATH_INFO"]
    else:
        _link, secret = make_one_time_link("password-reset", user=speaker)
        browser, path = client_of(None), f"/accounts/reset-password/{secret}/"
    browser.post(path, {"password1": new, "password2": new})
    assert sign_in(at(), speaker.email, new).status_code == 302


def test_a_fresh_sign_in_is_counted_like_any_other(at, speaker):
    browser = at()
    is_let_in(browser, speaker.email)
    for number in range(5):
        browser.post(reverse("account_reauthenticate"), {"password": f"wrong {number}"})
    answer = browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert "Too many failed" in answer.content.decode()
