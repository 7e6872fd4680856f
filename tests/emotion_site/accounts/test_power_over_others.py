"""Power over another person asks for a fresh sign-in, is done right after it, and that person is told."""

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import call_command
from django.urls import reverse

from emotion_site.accounts.notices import notify
from emotion_site.models import ApiToken, Notice, OneTimeLink, User
from emotion_site.roles import Role, role_of
from tests.factories import PASSWORD, UserFactory, make_api_token, make_one_time_link

USERS = "/admin/emotion_site/user/"
TOKENS = "/admin/emotion_site/apitoken/"


def page(name):
    return lambda person: reverse(f"emotion_site:{name}", args=[person.pk])


# name -> address, what is sent, whether it is done, the notice, a word of it.
POWERS = {
    "reset link": (
        page("person_reset_link"),
        lambda person: {},
        lambda person: OneTimeLink.objects.filter(user=person).exists(),
        ("reset-link", "made a link for a new password"),
    ),
    "second steps": (
        page("person_second_steps"),
        lambda person: {},
        lambda person: not Authenticator.objects.filter(user=person).exists(),
        ("second-steps-removed", "removed the second step"),
    ),
    "role": (
        page("change_role"),
        lambda person: {"role": "reviewer"},
        lambda person: role_of(person) == Role.REVIEWER,
        ("role-changed", "It is now: Reviewer."),
    ),
    "deactivation": (
        page("set_active"),
        lambda person: {},
        lambda person: not person.is_active,
        ("deactivated", "deactivated your account"),
    ),
    "reset link in the admin": (
        lambda person: USERS,
        lambda person: {"action": "make_reset_links", "_selected_action": [person.pk]},
        lambda person: OneTimeLink.objects.filter(user=person).exists(),
        ("reset-link", "made a link for a new password"),
    ),
    "deactivation in the admin": (
        lambda person: USERS,
        lambda person: {"action": "deactivate_people", "_selected_action": [person.pk]},
        lambda person: not person.is_active,
        ("deactivated", "deactivated your account"),
    ),
    "token in the admin": (
        lambda person: TOKENS,
        lambda person: {
            "action": "revoke",
            "_selected_action": list(person.api_tokens.values_list("pk", flat=True)),
        },
        lambda person: not ApiToken.objects.get(user=person).is_usable,
        ("token-revoked", "revoked your API token “notebook”"),
    ),
}


@pytest.fixture
def person(speaker):
    """Has all that can be taken."""
    make_api_token(speaker)
    Authenticator.objects.create(user=speaker, type=Authenticator.Type.TOTP, data={})
    return speaker


def again(person) -> User:
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize("power", POWERS)
def test_it_waits_for_a_fresh_sign_in_and_is_done_right_after_it(power, person, admin_client):
    address, fields, is_done, _notice = POWERS[power]
    asked = admin_client.post(address(person), fields(person))
    assert asked.status_code == 302 and asked.url.startswith(reverse("account_reauthenticate"))
    assert not is_done(again(person)) and not Notice.objects.exists()

    wrong = admin_client.post(asked.url, {"password": "wrong", "next": address(person)})
    assert wrong.status_code == 200 and not is_done(again(person))
    done = admin_client.post(asked.url, {"password": PASSWORD, "next": address(person)}, follow=True)
    assert done.status_code == 200
    assert is_done(again(person))


@pytest.mark.parametrize("power", POWERS)
def test_the_person_is_told_on_their_pages_and_by_mail(
    power, person, fresh_admin_client, client_of, mail_is_configured, django_capture_on_commit_callbacks
):
    address, fields, is_done, (kind, words) = POWERS[power]
    with django_capture_on_commit_callbacks(execute=True):
        fresh_admin_client.post(address(person), fields(person))
    assert is_done(again(person))
    assert [notice.kind for notice in Notice.objects.filter(user=person)] == [kind]
    message = mail.outbox[-1]
    assert message.to == [person.email]
    assert words in message.body and message.subject == "A change to your account"

    User.objects.filter(pk=person.pk).update(is_active=True)
    told = client_of(again(person)).get("/accounts/").content.decode()
    assert words in told.replace("&#x27;", "'")
    assert words not in fresh_admin_client.get("/accounts/").content.decode()


def test_inviting_an_administrator_asks_too_and_inviting_others_does_not(settings, admin_client):
    settings.SIGNUP = "invite"
    invitations = reverse("emotion_site:invitations")
    assert admin_client.post(invitations, {"role": "reviewer"}).status_code == 201
    asked = admin_client.post(invitations, {"role": "admin", "email": "boss@example.org"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert not OneTimeLink.objects.filter(role="admin").exists()
    made = admin_client.post(asked.url, {"password": PASSWORD, "next": invitations})
    assert OneTimeLink.objects.get(role="admin").email == "boss@example.org"
    assert made.context["url"] in made.content.decode()


def test_a_notice_stays_until_its_person_puts_it_away(speaker, speaker_client, stranger_client):
    notify(speaker, Notice.Kind.REACTIVATED)
    notice = Notice.objects.get()
    dismiss = reverse("emotion_site:dismiss_notice", args=[notice.pk])
    stranger_client.post(dismiss)
    for _page in range(2):
        assert "activated your account again" in speaker_client.get("/accounts/").content.decode()
    assert speaker_client.post(dismiss, {"next": "/history/"}).url == "/history/"
    assert "activated your account again" not in speaker_client.get("/accounts/").content.decode()
    assert not User.objects.get(pk=speaker.pk).has_notices


def test_what_is_told_again_takes_the_place_of_the_unread_notice(speaker, speaker_client, admin):
    for role in (Role.REVIEWER, Role.USER):
        notify(speaker, Notice.Kind.ROLE_CHANGED, detail=role, actor=admin)
    assert [notice.detail for notice in Notice.objects.all()] == ["user"]
    assert "It is now: User." in speaker_client.get("/accounts/").content.decode()


def test_a_row_that_was_read_before_does_not_undo_a_notice(speaker):
    before = again(speaker)
    notify(speaker, Notice.Kind.REACTIVATED)
    before.name = "Sam"
    before.save()
    assert again(speaker).has_notices and again(speaker).name == "Sam"


def test_a_page_of_somebody_who_is_told_nothing_asks_for_no_notice(
    speaker_client, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as asked:
        speaker_client.get("/accounts/")
    assert not [query for query in asked if "emotion_site_notice" in query["sql"]]


def test_nobody_is_told_what_they_did_themselves(admin, fresh_admin_client):
    UserFactory(role="admin")
    fresh_admin_client.post(reverse("emotion_site:change_role", args=[admin.pk]), {"role": "user"})
    assert role_of(again(admin)) == Role.USER
    assert not Notice.objects.exists()


def test_a_link_that_was_used_is_told_too(speaker, client):
    _link, secret = make_one_time_link("password-reset", user=speaker)
    new = {"password1": "quite another long sentence", "password2": "quite another long sentence"}
    client.post(f"/accounts/reset-password/{secret}/", new)
    assert [notice.kind for notice in Notice.objects.filter(user=speaker)] == ["password-by-link"]


def test_a_password_set_on_the_server_is_told(
    speaker, monkeypatch, mail_is_configured, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("getpass.getpass", lambda prompt: "quite another long sentence")
    with django_capture_on_commit_callbacks(execute=True):
        call_command("changepassword", speaker.email)
    assert [notice.kind for notice in Notice.objects.filter(user=speaker)] == ["password-on-server"]
    assert "changed on the server itself" in mail.outbox[-1].body


def test_each_is_logged_with_ids(person, admin, fresh_admin_client, caplog):
    with caplog.at_level("INFO"):
        for name in ("person_reset_link", "person_second_steps", "set_active"):
            fresh_admin_client.post(reverse(f"emotion_site:{name}", args=[person.pk]))
        fresh_admin_client.post(TOKENS, POWERS["token in the admin"][1](person))
    log = caplog.text
    assert f"purpose=password-reset for={person.pk} by={admin.pk}" in log
    assert f"Second steps of sign-in removed user={person.pk} by={admin.pk}" in log
    assert f"Account deactivated user={person.pk} by={admin.pk}" in log
    assert f"Person told user={person.pk}" in log and person.email not in log
