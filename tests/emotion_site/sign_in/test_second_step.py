"""Sign-in with an authenticator app, and with recovery codes when the app is lost."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.urls import reverse

from tests.factories import PASSWORD

ACCOUNT = "/accounts/"


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def secret(speaker_client, confirm_identity) -> str:
    """The key of the speaker's authenticator app, set up through the pages."""
    confirm_identity(speaker_client)
    page = speaker_client.get(reverse("mfa_activate_totp")).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    found = re.search(r'id="authenticator_secret" value="(\w+)"', page).group(1)
    response = speaker_client.post(reverse("mfa_activate_totp"), {"code": code_now(found)})
    assert response.url == reverse("mfa_view_recovery_codes")
    return found


@pytest.fixture
def after_password(secret, client, speaker):
    """A browser that has given the right password and stands before the second step."""
    response = client.post(reverse("account_login"), {"login": speaker.email, "password": PASSWORD})
    assert response.url.startswith(reverse("mfa_authenticate"))
    assert client.get(ACCOUNT).status_code == 302
    page = client.get(response.url).content.decode()
    assert page.count("<h1") == 1 and "emotion_site/site.css" in page
    return client


def test_the_code_of_the_app_lets_in(after_password, secret, speaker):
    # The app's code of this half minute was used to set it up, so the next one is given.
    next_code = format_hotp_value(hotp_value(secret, int(time.time()) // 30 + 1))
    after_password.post(reverse("mfa_authenticate"), {"code": next_code})
    assert after_password.get(ACCOUNT).status_code == 200


def test_a_wrong_code_does_not(after_password):
    response = after_password.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Incorrect code" in response.content.decode()
    assert after_password.get(ACCOUNT).status_code == 302


def test_a_recovery_code_lets_in_once(after_password, speaker_client, speaker):
    page = speaker_client.get(reverse("mfa_view_recovery_codes")).content.decode()
    codes = re.findall(r"<code>(\d+)</code>", page)
    assert len(codes) == 10
    assert codes == speaker_client.get(reverse("mfa_download_recovery_codes")).content.decode().split()
    after_password.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert after_password.get(ACCOUNT).status_code == 200

    after_password.logout()
    after_password.post(reverse("account_login"), {"login": speaker.email, "password": PASSWORD})
    after_password.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert after_password.get(ACCOUNT).status_code == 302


def test_the_secret_is_encrypted_in_the_database(secret, speaker):
    row = Authenticator.objects.get(user=speaker, type=Authenticator.Type.TOTP)
    assert secret not in str(row.data)


def test_the_pages_of_the_second_step_have_the_sites_look(secret, speaker_client):
    for name in ("mfa_index", "mfa_deactivate_totp", "mfa_generate_recovery_codes", "mfa_reauthenticate"):
        page = speaker_client.get(reverse(name)).content.decode()
        assert page.count("<h1") == 1 and "emotion_site/account.css" in page


def test_it_can_be_turned_off(secret, speaker_client, client, speaker):
    speaker_client.post(reverse("mfa_deactivate_totp"))
    client.post(reverse("account_login"), {"login": speaker.email, "password": PASSWORD})
    assert client.get(ACCOUNT).status_code == 200


def test_an_administrator_can_take_it_from_somebody_who_lost_it(
    secret, fresh_admin_client, client, speaker, caplog
):
    path = reverse("emotion_site:person_second_steps", args=[speaker.pk])
    fresh_admin_client.get(path)
    assert Authenticator.objects.filter(user=speaker).exists()
    with caplog.at_level("INFO"):
        fresh_admin_client.post(path)
    assert f"removed user={speaker.pk} by=" in caplog.text
    client.post(reverse("account_login"), {"login": speaker.email, "password": PASSWORD})
    assert client.get(ACCOUNT).status_code == 200


def test_a_new_password_does_not_replace_the_second_step(secret, fresh_admin_client, client, speaker):
    response = fresh_admin_client.post(reverse("emotion_site:person_reset_link", args=[speaker.pk]))
    client.post(
        response.context["url"],
        {"password1": "one more long sentence", "password2": "one more long sentence"},
    )
    client.post(reverse("account_login"), {"login": speaker.email, "password": "one more long sentence"})
    assert client.get(ACCOUNT).status_code == 302


def test_a_passkey_sign_in_offers_a_challenge(client, db):
    response = client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    options = response.json()["request_options"]["publicKey"]
    assert options["rpId"] == "testserver" and options["challenge"]


def test_a_made_up_passkey_is_refused(client, db):
    response = client.post(reverse("mfa_login_webauthn"), {"credential": "{}"}, follow=True)
    assert response.status_code == 200
    assert client.get(ACCOUNT).status_code == 302
