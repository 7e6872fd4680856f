"""``REQUIRE_MFA``: without a second step there is no power, and a way to set one up."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from emotion_site.roles import Role, assigned_role, is_admin, role_of
from emotion_site.settings import env
from tests.emotion_site.sign_in.test_second_step import code_now
from tests.factories import make_api_token

SET_UP = "/accounts/2fa/"
RUNS = "/api/v1/runs/"
CLIPS = "/api/v1/clips/"


@pytest.fixture
def admins_need_one(settings):
    settings.REQUIRE_MFA = "admins"


@pytest.fixture
def all_need_one(settings):
    settings.REQUIRE_MFA = "all"


def give_second_step(person, kind=Authenticator.Type.TOTP):
    Authenticator.objects.create(user=person, type=kind, data={})


@pytest.mark.parametrize(
    "path", ["/", "/accounts/", "/accounts/people/", "/admin/", "/exports/", "/history/"]
)
def test_an_administrator_is_led_to_it_from_every_page(admins_need_one, admin_client, path):
    assert admin_client.get(path).url == SET_UP
    page = admin_client.get(SET_UP).content.decode()
    assert "asks you for a second step before you go on" in page


def test_a_part_of_a_page_takes_the_whole_page_there(admins_need_one, admin_client):
    answer = admin_client.get("/exports/list/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, SET_UP)


def test_nothing_is_done_on_the_way_there(admins_need_one, fresh_admin_client, speaker):
    answer = fresh_admin_client.post(reverse("emotion_site:set_active", args=[speaker.pk]))
    speaker.refresh_from_db()
    assert answer.url == SET_UP and speaker.is_active


def test_once_it_is_set_up_everything_is_open(admins_need_one, fresh_admin_client, admin):
    page = fresh_admin_client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r'id="authenticator_secret" value="(\w+)"', page).group(1)
    fresh_admin_client.post(reverse("mfa_activate_totp"), {"code": code_now(found)})
    assert is_admin(admin)
    assert fresh_admin_client.get("/accounts/people/").status_code == 200
    assert fresh_admin_client.get("/admin/").status_code == 200
    assert "asks you for a second step" not in fresh_admin_client.get(SET_UP).content.decode()


def test_the_way_out_stays_open(admins_need_one, admin_client):
    names = ["account_logout", "account_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn", "health"]
    led = [admin_client.get(reverse(name)).get("Location", "") for name in names]
    assert [url for url in led if url and not url.startswith(reverse("account_reauthenticate"))] == []
    assert admin_client.post(reverse("account_logout")).status_code == 302
    assert admin_client.get("/accounts/").url.startswith("/accounts/login/")


@pytest.mark.parametrize("by", ["token", "session"])
def test_the_api_gives_an_administrator_no_power_without_it(admins_need_one, admin, admin_client, client, by):
    _token, secret = make_api_token(admin)
    asked = {"headers": {"Authorization": f"Bearer {secret}"}} if by == "token" else {}
    browser = client if by == "token" else admin_client
    assert browser.get(RUNS, **asked).status_code == 403
    assert browser.get(CLIPS, **asked).status_code == 200
    give_second_step(admin)
    assert browser.get(RUNS, **asked).status_code == 200


def test_recovery_codes_alone_are_no_second_step(admins_need_one, admin):
    give_second_step(admin, Authenticator.Type.RECOVERY_CODES)
    assert role_of(admin) == Role.USER and assigned_role(admin) == Role.ADMIN
    give_second_step(admin, Authenticator.Type.WEBAUTHN)
    assert role_of(admin) == Role.ADMIN


def test_others_are_asked_only_where_everybody_is(admins_need_one, settings, speaker, speaker_client):
    assert speaker_client.get("/accounts/").status_code == 200
    settings.REQUIRE_MFA = "all"
    assert speaker_client.get("/accounts/").url == SET_UP
    give_second_step(speaker)
    assert speaker_client.get("/accounts/").status_code == 200


@pytest.mark.parametrize("by", ["token", "session"])
def test_where_everybody_is_asked_the_api_says_so(all_need_one, speaker, speaker_client, client, by):
    _token, secret = make_api_token(speaker)
    asked = {"headers": {"Authorization": f"Bearer {secret}"}} if by == "token" else {}
    answer = (client if by == "token" else speaker_client).get(CLIPS, **asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "second_step_required")


def test_nobody_is_asked_unless_the_site_says_so(settings, admin_client):
    assert settings.REQUIRE_MFA == "none"
    assert admin_client.get("/accounts/people/").status_code == 200


def test_strangers_and_sign_in_are_as_ever(all_need_one, client, db):
    assert client.get("/accounts/login/").status_code == 200
    assert client.get(CLIPS).status_code == 401


def test_the_setting_is_one_of_three_words(monkeypatch):
    monkeypatch.setenv("REQUIRE_MFA", "yes")
    with pytest.raises(Exception, match="REQUIRE_MFA must be one of none, admins, all"):
        env.choice("REQUIRE_MFA", "none", ["none", "admins", "all"])
