"""Personal API tokens: the page that makes them and the sign-in that accepts them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from emotion_site.api.throttling import AddressThrottle
from emotion_site.models import ApiToken
from emotion_site.sign_in.tokens import revoke_token
from tests.factories import make_api_token

CLIPS = "/api/v1/clips/"


@pytest.fixture
def page_client(speaker_client, confirm_identity):
    confirm_identity(speaker_client)
    return speaker_client


def ask(client, secret, scheme="Bearer"):
    return client.get(CLIPS, headers={"Authorization": f"{scheme} {secret}"})


def test_a_token_is_shown_once_with_an_example_of_this_host(page_client, client, speaker, caplog):
    page = reverse("emotion_site:api_tokens")
    with caplog.at_level("DEBUG"):
        response = page_client.post(page, {"name": "notebook", "days": "30"})
    assert response.status_code == 201
    secret = response.context["secret"]
    html = response.content.decode()
    assert html.count(secret) == 2 and f"http://testserver{CLIPS}" in html
    assert "no-store" in response["Cache-Control"]
    assert ask(client, secret).status_code == 200

    assert secret not in page_client.get(page).content.decode()
    token = ApiToken.objects.get()
    assert secret not in repr(token.__dict__) and secret not in caplog.text
    assert token.user == speaker
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)


@pytest.mark.parametrize(
    "fields", [{"name": "", "days": "7"}, {"name": "x", "days": "100000"}, {"name": "x" * 81, "days": "7"}]
)
def test_a_form_with_mistakes_makes_no_token(page_client, fields):
    assert page_client.post(reverse("emotion_site:api_tokens"), fields).status_code == 422
    assert not ApiToken.objects.exists()


def test_making_a_token_asks_for_the_password_first(speaker_client):
    response = speaker_client.post(reverse("emotion_site:api_tokens"), {"name": "x", "days": "7"})
    assert response.url.startswith(reverse("account_reauthenticate"))
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_after_a_question(page_client, client, speaker):
    token, secret = make_api_token(speaker)
    path = reverse("emotion_site:revoke_api_token", args=[token.pk])
    assert "Revoke" in page_client.get(path).content.decode()
    assert ask(client, secret).status_code == 200
    page_client.post(path)
    response = ask(client, secret)
    assert (response.status_code, response.json()["code"]) == (401, "token_revoked")
    assert "revoked" in page_client.get(reverse("emotion_site:api_tokens")).content.decode()
    assert page_client.get(path).status_code == 404


def test_an_expired_token_is_refused(client, speaker):
    _token, secret = make_api_token(speaker, days=-1)
    response = ask(client, secret)
    assert (response.status_code, response.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize("secret", ["emo_nonsense", "", "two words", "\x00"])
def test_an_unknown_token_is_refused(client, db, secret):
    response = ask(client, secret)
    assert (response.status_code, response.json()["code"]) == (401, "token_unknown")
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_token_of_a_deactivated_person_is_refused(client, speaker):
    _token, secret = make_api_token(speaker)
    speaker.is_active = False
    speaker.save()
    assert ask(client, secret).status_code == 401


def test_the_word_bearer_may_be_written_in_any_case(client, speaker):
    _token, secret = make_api_token(speaker)
    assert ask(client, secret, scheme="bearer").status_code == 200


def test_the_time_of_use_is_kept_to_five_minutes(client, speaker):
    token, secret = make_api_token(speaker)
    ask(client, secret)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    ask(client, secret)
    token.refresh_from_db()
    assert token.last_used_at == first


def test_revoking_twice_keeps_the_first_moment(speaker):
    token, _secret = make_api_token(speaker)
    revoke_token(token=token)
    token.refresh_from_db()
    first = token.revoked_at
    revoke_token(token=token)
    token.refresh_from_db()
    assert token.revoked_at == first


def test_nobody_revokes_the_token_of_somebody_else(stranger_client, speaker, client):
    token, secret = make_api_token(speaker)
    assert stranger_client.post(reverse("emotion_site:revoke_api_token", args=[token.pk])).status_code == 404
    assert ask(client, secret).status_code == 200


def test_an_address_that_tries_tokens_out_is_slowed_down(client, db, monkeypatch):
    monkeypatch.setattr(AddressThrottle, "rate", "3/min", raising=False)
    answers = [ask(client, f"emo_guess{number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert "Retry-After" in answers[-1]
