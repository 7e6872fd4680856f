"""Who can make an account: everyone, the invited, or nobody."""

import pytest
from django.urls import reverse

from emotion_site.models import Notice, OneTimeLink, User
from emotion_site.roles import Role, role_of
from emotion_site.sign_in.forms import SignUpForm
from emotion_site.sign_in.links import find_link, link_path
from tests.factories import PASSWORD, expire, make_one_time_link

INVITATION = OneTimeLink.Purpose.INVITATION
NEW_PERSON = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def invite(db):
    def make(role=Role.USER, **fields):
        _link, secret = make_one_time_link(INVITATION, role=role, **fields)
        return link_path(INVITATION, secret)

    return make


@pytest.fixture
def sign_up(client):
    def post(path=None, **fields):
        return client.post(path or reverse("account_signup"), {**NEW_PERSON, **fields})

    return post


def test_open_sign_up_makes_a_user_who_can_sign_in(settings, db, client, sign_up):
    settings.SIGNUP = "open"
    page = client.get(sign_up().url)
    assert page.context["form"]["login"].value() == "new@example.org"
    client.post(reverse("account_login"), {"login": "new@example.org", "password": PASSWORD})
    user = User.objects.get(email="new@example.org")
    assert role_of(user) == Role.USER
    assert list(user.groups.values_list("name", flat=True)) == ["user"]
    assert client.get(reverse("emotion_site:account")).status_code == 200


@pytest.fixture
def pressed_twice(monkeypatch):
    """The account is made between the moment the form is checked and the moment it is used."""
    checked = SignUpForm.clean

    def clean(form):
        data = checked(form)
        User.objects.create_user(NEW_PERSON["email"], PASSWORD)
        return data

    monkeypatch.setattr(SignUpForm, "clean", clean)


def test_a_second_press_leads_to_the_sign_in_page(settings, db, client, sign_up, pressed_twice):
    settings.SIGNUP = "open"
    response = sign_up()
    assert (response.status_code, response.url) == (302, reverse("account_login"))
    assert "If this address was free" in client.get(response.url).content.decode()
    assert User.objects.count() == 1
    assert not Notice.objects.exists(), "the same person"


def test_with_mail_a_second_press_looks_like_the_first(
    settings, mail_is_configured, db, sign_up, pressed_twice, mailoutbox
):
    settings.SIGNUP = "open"
    assert sign_up().url == reverse("account_email_verification_sent")
    assert "already" in mailoutbox[0].subject


def test_a_second_press_leaves_the_invitation_usable(settings, invite, sign_up, pressed_twice):
    settings.SIGNUP = "invite"
    assert sign_up(invite()).status_code == 302
    assert OneTimeLink.objects.get().used_at is None


def test_an_address_that_would_be_cut_makes_no_account(settings, db, invite, sign_up):
    settings.SIGNUP = "open"
    for path in (None, invite()):
        assert "at most 254 characters" in sign_up(path, email="y" * 300 + "@x.org").content.decode()
    assert not User.objects.filter(email__startswith="y").exists()


@pytest.mark.parametrize(
    ("mode", "words"), [("invite", "You need an invitation"), ("closed", "No new accounts")]
)
def test_sign_up_without_invitation_is_refused(settings, db, client, sign_up, mode, words):
    settings.SIGNUP = mode
    assert words in sign_up().content.decode()
    assert words in client.get(reverse("account_signup")).content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("role", list(Role))
def test_an_accepted_invitation_gives_its_role(settings, invite, sign_up, role):
    settings.SIGNUP = "invite"
    assert sign_up(invite(role)).status_code == 302
    assert role_of(User.objects.get(email="new@example.org")) == role


def test_an_invitation_works_once(settings, invite, sign_up, client):
    settings.SIGNUP = "invite"
    path = invite()
    sign_up(path)
    signed_in = client.get(path).content.decode()
    assert "To the start page" in signed_in and "Sign in" not in signed_in
    client.logout()
    response = client.get(path)
    assert response.status_code == 410
    assert "To the start page" not in response.content.decode()
    assert sign_up(path, email="second@example.org").status_code == 410
    assert not User.objects.filter(email="second@example.org").exists()


def test_an_invitation_that_was_used_meanwhile_makes_no_account(
    settings, invite, sign_up, somebody_is_faster
):
    settings.SIGNUP = "invite"
    path = invite()
    somebody_is_faster()
    assert sign_up(path).status_code == 410
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.fixture
def somebody_is_faster(monkeypatch):
    """Somebody else uses the link between the moment it is found and the moment it is used."""

    def arrange():
        def find_and_lose(purpose, secret):
            link = find_link(purpose, secret)
            OneTimeLink.objects.filter(pk=link.pk).update(used_at=link.created)
            return link

        monkeypatch.setattr("emotion_site.accounts.pages.one_time_links.find_link", find_and_lose)

    return arrange


def test_an_invitation_expires(settings, invite, sign_up):
    settings.SIGNUP = "invite"
    path = invite()
    expire(OneTimeLink.objects.get())
    assert sign_up(path).status_code == 410


def test_an_invitation_for_an_address_is_for_nobody_else(settings, invite, sign_up):
    settings.SIGNUP = "invite"
    sign_up(invite(email="Invited@example.org"), email="somebody.else@example.org")
    assert User.objects.filter(email="invited@example.org").exists()
    assert not User.objects.filter(email="somebody.else@example.org").exists()


def test_invitations_do_not_work_while_sign_up_is_closed(settings, invite, sign_up):
    settings.SIGNUP = "closed"
    assert "No new accounts" in sign_up(invite()).content.decode()
    assert not User.objects.filter(email="new@example.org").exists()


def test_a_mistake_in_the_form_leaves_the_invitation_usable(settings, invite, sign_up):
    settings.SIGNUP = "invite"
    path = invite()
    assert "same password" in sign_up(path, password2="another sentence").content.decode()
    assert sign_up(path).status_code == 302


def test_a_weak_password_is_refused(settings, db, sign_up):
    settings.SIGNUP = "open"
    response = sign_up(password1="12345678", password2="12345678")
    assert "id_password1_error" in response.content.decode()
    assert not User.objects.exists()


def test_whoever_is_signed_in_is_told_to_sign_out_before_using_an_invitation(invite, speaker_client):
    response = speaker_client.get(invite(), follow=True)
    assert "sign out first" in response.content.decode()


def test_an_administrator_makes_sees_and_withdraws_an_invitation(settings, admin_client, client):
    settings.SIGNUP = "invite"
    page = reverse("emotion_site:invitations")
    response = admin_client.post(page, {"role": "reviewer", "email": "Invited@example.org"})
    assert response.status_code == 201
    path = response.context["url"].removeprefix("http://testserver")
    assert client.get(path).status_code == 200

    listed = admin_client.get(page).content.decode()
    assert "invited@example.org" in listed
    assert path.split("/")[-2] not in listed, "the secret is shown once"

    link = OneTimeLink.objects.get()
    assert path.split("/")[-2] not in repr(link.__dict__), "only the digest is kept"
    admin_client.post(reverse("emotion_site:revoke_invitation", args=[link.pk]))
    assert client.get(path).status_code == 410


def test_somebody_who_has_an_account_is_not_invited_again(admin_client, speaker):
    page = reverse("emotion_site:invitations")
    response = admin_client.post(page, {"role": "user", "email": "SPEAKER@example.org"})
    assert response.status_code == 422
    assert not OneTimeLink.objects.exists()


def test_an_invited_address_needs_no_confirmation(
    settings, mail_is_configured, invite, sign_up, mailoutbox, client
):
    settings.SIGNUP = "invite"
    sign_up(invite(email="invited@example.org"))
    assert client.get(reverse("emotion_site:account")).status_code == 200
    assert mailoutbox == []


def test_with_mail_a_new_address_is_confirmed_before_it_opens_anything(
    settings, mail_is_configured, db, sign_up, mailoutbox, client
):
    settings.SIGNUP = "open"
    sign_up()
    assert client.get(reverse("emotion_site:account")).status_code == 302
    link = next(
        word for word in mailoutbox[0].body.split() if word.startswith("http://testserver/accounts/confirm")
    )
    client.post(link)
    assert client.get(reverse("emotion_site:account")).status_code == 200


def test_with_mail_sign_up_does_not_tell_who_has_an_account(
    settings, mail_is_configured, speaker, sign_up, mailoutbox, client
):
    settings.SIGNUP = "open"
    known = sign_up(email=speaker.email)
    client.cookies.clear()
    unknown = sign_up(email="unknown@example.org")
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [message.to for message in mailoutbox] == [[speaker.email], ["unknown@example.org"]]
    assert "already" in mailoutbox[0].subject
