"""Links that an administrator made are no way back in for them."""

import pytest

from emotion_site.accounts.people import deactivate, delete_account
from emotion_site.models import User
from emotion_site.roles import Role, set_role
from emotion_site.sign_in.links import Purpose, find_link
from tests.factories import UserFactory, make_one_time_link

ENDS = {
    "demoted": lambda user, by: set_role(user=user, role=Role.USER, actor=by),
    "deactivated": lambda user, by: deactivate(user=user, actor=by),
    "deleted": lambda user, by: delete_account(user=User.objects.get(pk=user.pk)),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("purpose", [Purpose.INVITATION, Purpose.PASSWORD_RESET])
def test_links_die_with_the_role_of_who_made_them(admin, speaker, admin_client, end, purpose):
    former = UserFactory(role="admin")
    user = speaker if purpose == Purpose.PASSWORD_RESET else None
    _link, secret = make_one_time_link(purpose, role=Role.ADMIN, user=user, created_by=former)
    assert find_link(purpose, secret)
    ENDS[end](former, admin)
    assert find_link(purpose, secret) is None
    assert not admin_client.get("/accounts/people/invitations/").context["invitations"]
