"""Django's admin shows rows and calls the site's services."""

import pytest
from django.apps import apps
from django.contrib.admin import site as admin_site
from django.contrib.admin.utils import flatten
from django.contrib.messages import get_messages
from django.utils.functional import Promise

from emotion_site.accounts.purpose import declare_purpose
from emotion_site.models import OneTimeLink, User
from tests.factories import make_api_token, make_one_time_link

USERS = "/admin/emotion_site/user/"


@pytest.mark.parametrize("model", ["user", "apitoken", "onetimelink", "declaredpurpose"])
def test_rows_can_be_looked_at_but_not_added_or_deleted(admin_client, admin, speaker, model):
    declare_purpose(text="Listening to whales", excludes_workers_and_pupils=True, actor=admin)
    make_api_token(speaker)
    make_one_time_link(OneTimeLink.Purpose.PASSWORD_RESET, user=speaker)
    row = apps.get_model("emotion_site", model).objects.first()
    path = f"/admin/emotion_site/{model}/"
    assert admin_client.get(path).status_code == 200
    page = admin_client.get(f"{path}{row.pk}/change/")
    assert page.status_code == 200
    assert getattr(row, "digest", "no digest") not in page.content.decode()
    assert admin_client.get(f"{path}add/").status_code == 403
    assert admin_client.post(f"{path}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_every_field_that_is_shown_has_a_name_in_words():
    unnamed = {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if admin_site.is_registered(model)
        if model._meta.app_label in {"emotion_site", "classifier", "annotations", "training"}
        for shown in [admin_site.get_model_admin(model)]
        for field in model._meta.fields
        if not (isinstance(field.verbose_name, Promise) or field.auto_created)
        and field.name in flatten(shown.fields or [field.name])
        and field.name not in (shown.exclude or [])
    }
    assert unnamed == set()


def test_it_makes_links_for_new_passwords(fresh_admin_client, client, speaker):
    fields = {"action": "make_reset_links", "_selected_action": [speaker.pk]}
    response = fresh_admin_client.post(USERS, fields)
    words = str(next(iter(get_messages(response.wsgi_request)))).split()
    assert words[0] == "speaker@example.org:"
    assert client.get(words[1]).status_code == 200


def test_it_deactivates_people_but_not_the_last_administrator(fresh_admin_client, admin, speaker):
    fields = {"action": "deactivate_people", "_selected_action": [speaker.pk, admin.pk]}
    page = fresh_admin_client.post(USERS, fields, follow=True).content.decode()
    assert "only administrator" in page
    assert list(User.objects.filter(is_active=True)) == [admin]


def test_it_revokes_tokens(fresh_admin_client, speaker):
    token, _secret = make_api_token(speaker)
    path = "/admin/emotion_site/apitoken/"
    page = fresh_admin_client.post(path, {"action": "revoke", "_selected_action": [token.pk]}, follow=True)
    assert "1 token is revoked" in page.content.decode()
    token.refresh_from_db()
    assert not token.is_usable
