"""Every way in which access ends, ends all of it."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.core.management import call_command
from django.urls import reverse

from annotations import tasks
from annotations.exports.jobs import export_path
from annotations.exports.services import start_export
from annotations.models import LabelExport
from classifier.models import Task
from emotion_site.accounts.people import deactivate, delete_account, make_reset_link, reactivate
from emotion_site.models import OneTimeLink, User
from emotion_site.roles import Role
from tests.factories import PASSWORD, UserFactory, make_api_token, make_one_time_link

NEW = "quite another long sentence"
CLIPS = "/api/v1/clips/"


def change_password(person, browser, client):
    fields = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert browser.post(reverse("account_change_password"), fields).status_code == 302


def change_password_in_the_admin(person, browser, client):
    page = reverse("admin:password_change")
    answer = browser.post(page, {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    if answer.url == reverse("account_change_password"):
        change_password(person, browser, client)


def reset_by_mail(person, browser, client):
    path = mailed_link(person, client)
    client.post(client.get(path, follow=True).request["PATH_INFO"], {"password1": NEW, "password2": NEW})


def reset_by_link(person, browser, client):
    _link, secret = make_one_time_link(OneTimeLink.Purpose.PASSWORD_RESET, user=person)
    path = reverse("emotion_site:password-reset", args=[secret])
    assert client.post(path, {"password1": NEW, "password2": NEW}).status_code == 302


def change_password_on_the_terminal(person, browser, client):
    call_command("changepassword", person.email)


def set_password_by_hand(person, browser, client):
    row = User.objects.get(pk=person.pk)
    row.set_password(NEW)
    row.save()


def sign_out_everywhere(person, browser, client):
    browser.post(reverse("emotion_site:sign_out_everywhere"))


def shut_out(person, browser, client):
    administrator = UserFactory(role="admin")
    deactivate(user=User.objects.get(pk=person.pk), actor=administrator)
    reactivate(user=User.objects.get(pk=person.pk), actor=administrator)


NEW_PASSWORD = [
    *(change_password, change_password_in_the_admin, reset_by_mail, reset_by_link),
    *(change_password_on_the_terminal, set_password_by_hand),
]
WAYS = [*NEW_PASSWORD, sign_out_everywhere, shut_out]


@pytest.fixture(autouse=True)
def on_this_machine(settings, tmp_path, monkeypatch, mail_is_configured):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("getpass.getpass", lambda prompt: NEW)


def mailed_link(person, client) -> str:
    from django.core import mail

    client.post(reverse("account_reset_password"), {"email": person.email})
    return next(word for word in mail.outbox[-1].body.split() if word.startswith("http://testserver/"))


@pytest.fixture
def person(admin):
    """An administrator, because they have all that can end."""
    UserFactory(role="admin")
    return admin


@pytest.fixture
def browser(person, client_of):
    """Where this person ends it. Signed in first, because a sign-in alone already ends a mailed link."""
    browser = client_of(person)
    browser.get("/accounts/")
    return browser


@pytest.fixture
def held(person, browser, client_of, client):
    """What lets somebody in as this person: each name with a question whether it still does."""
    elsewhere, unlisted = client_of(person), client_of(person)
    elsewhere.get("/accounts/")
    UserSession.objects.filter(session_key=unlisted.session.session_key).delete()
    _token, secret = make_api_token(person)
    _link, for_them = make_one_time_link("password-reset", user=person)
    _link, by_them = make_one_time_link("invitation", role=Role.ADMIN, created_by=person)
    mailed = mailed_link(person, client)  # after the last sign-in
    export = start_export(administrator=person, task=Task.objects.first(), format="csv")
    tasks.run_export.call(str(export.pk))
    return {
        "session": lambda: elsewhere.get("/accounts/").status_code == 200,
        "session that no list knows": lambda: unlisted.get("/accounts/").status_code == 200,
        "token": lambda: client.get(CLIPS, headers={"Authorization": f"Bearer {secret}"}).status_code == 200,
        "link for them": lambda: client.get(f"/accounts/reset-password/{for_them}/").status_code == 200,
        "link by them": lambda: client.get(f"/accounts/invitation/{by_them}/").status_code == 200,
        "mailed link": lambda: client_of(None).get(mailed).status_code == 302,
        "export": lambda: LabelExport.objects.filter(pk=export.pk).exists() or export_path(export).exists(),
    }


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_ends_all_access(way, person, browser, held, client, django_capture_on_commit_callbacks):
    assert [name for name, works in held.items() if not works()] == []
    with django_capture_on_commit_callbacks(execute=True):
        way(person, browser, client)
    assert [name for name, works in held.items() if works()] == []


@pytest.mark.parametrize("way", [change_password, change_password_in_the_admin], ids=lambda way: way.__name__)
def test_whoever_changes_their_own_password_stays_signed_in(way, person, browser, client):
    way(person, browser, client)
    assert browser.get("/accounts/").status_code == 200
    assert User.objects.get(pk=person.pk).check_password(NEW)


def test_nothing_of_others_ends(person, speaker, speaker_client, client):
    _token, secret = make_api_token(speaker)
    set_password_by_hand(person, None, client)
    assert speaker_client.get("/accounts/").status_code == 200
    assert client.get(CLIPS, headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_stronger_hash_of_the_same_password_ends_nothing(settings, speaker, speaker_client):
    User.objects.filter(pk=speaker.pk).update(password=make_password(PASSWORD))
    hashers = ["django.contrib.auth.hashers.PBKDF2SHA1PasswordHasher", *settings.PASSWORD_HASHERS]
    settings.PASSWORD_HASHERS = hashers
    before = User.objects.get(pk=speaker.pk)
    assert before.check_password(PASSWORD)
    after = User.objects.get(pk=speaker.pk)
    assert (
        after.password.startswith("pbkdf2_sha1") and after.access_generation == before.access_generation == 0
    )


def test_a_deleted_account_leaves_no_export_behind(person, held, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        delete_account(user=User.objects.get(pk=person.pk))
    assert [name for name, works in held.items() if works()] == []


def test_an_export_that_is_still_being_made_leaves_no_file(person, monkeypatch):
    export = start_export(administrator=person, task=Task.objects.first(), format="csv")

    def end_meanwhile(*args, **kwargs):
        set_password_by_hand(person, None, None)
        return {"rows": 0}

    monkeypatch.setattr("annotations.exports.jobs.export_folder", end_meanwhile)
    tasks.run_export.call(str(export.pk))
    assert not LabelExport.objects.exists() and not export_path(export).exists()


def test_sessions_from_before_this_version_go_on(speaker, speaker_client):
    assert speaker.access_generation == 0
    assert speaker_client.get("/accounts/").status_code == 200


def test_the_end_is_logged_with_ids(speaker, caplog):
    make_api_token(speaker)
    with caplog.at_level("INFO"):
        set_password_by_hand(speaker, None, None)
    assert f"All access ended user={speaker.pk} sessions=0 tokens=1 links=0" in caplog.text


def test_a_new_link_of_the_administrator_ends_the_mailed_one_when_used(person, client):
    mailed = mailed_link(person, client)
    _link, secret = make_reset_link(user=person, actor=UserFactory(role="admin"))
    client.post(f"/accounts/reset-password/{secret}/", {"password1": NEW, "password2": NEW})
    assert "no longer works" in client.get(mailed, follow=True).content.decode()
