import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.urls import reverse

from emotion_site.accounts.people import deactivate, delete_account
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import Role, is_admin, is_reviewer, role_of, set_role
from tests.factories import UserFactory


def test_roles_are_groups_made_by_a_migration(db):
    assert set(Group.objects.values_list("name", flat=True)) == {"user", "reviewer", "admin"}


def test_everyone_starts_as_a_user(db):
    user = User.objects.create_user("new@example.org", "secret")
    assert role_of(user) == Role.USER
    assert [group.name for group in user.groups.all()] == ["user"]


def test_a_superuser_made_on_the_command_line_is_an_administrator(db):
    user = User.objects.create_superuser("root@example.org", "secret")
    assert [group.name for group in user.groups.all()] == ["admin"]


def test_staff_status_follows_the_role(speaker, admin):
    set_role(user=speaker, role=Role.ADMIN, actor=admin)
    assert speaker.is_staff and is_admin(speaker)
    set_role(user=speaker, role=Role.REVIEWER, actor=admin)
    speaker.refresh_from_db()
    assert not speaker.is_staff and not speaker.is_superuser
    assert [group.name for group in speaker.groups.all()] == ["reviewer"]


def test_administrators_may_review_and_users_may_not(speaker, reviewer, admin):
    assert [is_reviewer(person) for person in (speaker, reviewer, admin)] == [False, True, True]


def test_a_stranger_and_a_deactivated_person_have_no_role(reviewer):
    reviewer.is_active = False
    assert role_of(AnonymousUser()) is None
    assert role_of(reviewer) is None


@pytest.mark.parametrize(
    "lose",
    [
        lambda admin: set_role(user=admin, role=Role.USER),
        lambda admin: deactivate(user=admin, actor=admin),
        lambda admin: delete_account(user=admin),
    ],
    ids=["demoted", "deactivated", "deleted"],
)
def test_the_last_administrator_stays(admin, lose):
    UserFactory(role="admin", is_active=False)
    with pytest.raises(UserError) as refused:
        lose(admin)
    assert refused.value.code == "last_administrator"
    assert role_of(User.objects.get(pk=admin.pk)) == Role.ADMIN

    UserFactory(role="admin")
    lose(admin)
    assert role_of(User.objects.filter(pk=admin.pk).first() or AnonymousUser()) != Role.ADMIN


def test_an_administrator_changes_a_role_after_reading_what_it_means(fresh_admin_client, speaker, caplog):
    path = reverse("emotion_site:change_role", args=[speaker.pk])
    assert "listen to clips" in fresh_admin_client.get(path, {"role": "reviewer"}).content.decode()
    assert role_of(speaker) == Role.USER
    with caplog.at_level("INFO"):
        response = fresh_admin_client.post(path, {"role": "reviewer"}, follow=True)
    assert "now has the role Reviewer" in response.content.decode()
    assert role_of(User.objects.get(pk=speaker.pk)) == Role.REVIEWER
    assert f"Role set user={speaker.pk} role=reviewer by=" in caplog.text
    assert speaker.email not in caplog.text


def test_the_page_says_why_the_last_administrator_stays(fresh_admin_client, admin):
    path = reverse("emotion_site:change_role", args=[admin.pk])
    response = fresh_admin_client.post(path, {"role": "user"}, follow=True)
    assert "only administrator" in response.content.decode()
    assert role_of(User.objects.get(pk=admin.pk)) == Role.ADMIN


def test_an_unknown_role_changes_nothing(admin_client, speaker):
    admin_client.post(reverse("emotion_site:change_role", args=[speaker.pk]), {"role": "emperor"})
    assert role_of(User.objects.get(pk=speaker.pk)) == Role.USER
