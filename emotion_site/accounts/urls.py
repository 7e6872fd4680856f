from django.urls import path

from emotion_site.accounts.pages import (
    about,
    account,
    api_tokens,
    checklist,
    invitations,
    notices,
    one_time_links,
    people,
)
from emotion_site.accounts.preferences import set_preferences

app_name = "emotion_site"
urlpatterns = [
    path("", account.account, name="account"),
    path("profile/", account.save_profile, name="save_profile"),
    path("privacy/", account.save_privacy, name="save_privacy"),
    path("sign-out-everywhere/", account.sign_out_everywhere, name="sign_out_everywhere"),
    path("delete/", account.delete_own_account, name="delete_account"),
    path("preferences/", set_preferences, name="preferences"),
    path("checklist/hide/", checklist.hide, name="hide_checklist"),
    path("notices/<int:pk>/dismiss/", notices.dismiss_notice, name="dismiss_notice"),
    path("about/", about.about, name="about"),
    path("about/purpose/", about.purpose, name="purpose"),
    path("tokens/", api_tokens.api_tokens, name="api_tokens"),
    path("tokens/<int:pk>/revoke/", api_tokens.revoke_api_token, name="revoke_api_token"),
    path("people/", people.people_list, name="people"),
    path("people/<int:pk>/", people.person, name="person"),
    path("people/<int:pk>/role/", people.change_role, name="change_role"),
    path("people/<int:pk>/reset-link/", people.person_reset_link, name="person_reset_link"),
    path("people/<int:pk>/active/", people.set_active, name="set_active"),
    path("people/<int:pk>/second-steps/", people.person_second_steps, name="person_second_steps"),
    path("people/<int:pk>/unlock/", people.unlock_person, name="unlock_person"),
    path("people/invitations/", invitations.invitations, name="invitations"),
    path("people/invitations/<int:pk>/revoke/", invitations.revoke_invitation, name="revoke_invitation"),
    # Named for the purposes of OneTimeLink, by which links.path_of finds them.
    path("invitation/<str:secret>/", one_time_links.InvitationView.as_view(), name="invitation"),
    path(
        "first-administrator/<str:secret>/",
        one_time_links.FirstAdministratorView.as_view(),
        name="first-administrator",
    ),
    path("reset-password/<str:secret>/", one_time_links.reset_password, name="password-reset"),
]
