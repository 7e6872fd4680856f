"""The lists of the admin tell nothing that their pages do not show."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.admin import site as admin_site
from django.db.models import Model
from django.urls import reverse

from emotion_site.web.admin_lookups import FilteredAdmin
from tests.factories import ClipFactory, make_api_token, make_one_time_link

SECRETS = {"password", "digest", "session_key", "session_data", "data", "title", "key", "args_kwargs"}
# From a row to a person and on to their secrets is never further.
FURTHEST = 3


def secrets_of(model: type[Model], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every way along relations, backwards too, from a row to something that no page shows."""
    for field in model._meta.get_fields():
        here = (*path, field.name)
        if field.name in SECRETS and not field.is_relation:
            yield "__".join(here)
        if field.is_relation and field.related_model and len(here) < FURTHEST:
            yield from secrets_of(field.related_model, here)


def lists():
    models = [model for model in apps.get_models() if admin_site.is_registered(model)]
    return [pytest.param(admin_site.get_model_admin(model), id=model._meta.label) for model in models]


@pytest.mark.parametrize("shown", lists())
def test_no_list_compares_what_it_does_not_show(rf, admin, shown):
    request = rf.get("/")
    request.user = admin
    allowed = [
        path
        for path in secrets_of(shown.model)
        for lookup in ("", "__startswith", "__regex", "__in", "__gt")
        if shown.lookup_allowed(path + lookup, "x", request)
    ]
    assert allowed == []


@pytest.mark.parametrize("shown", lists())
def test_every_list_of_the_site_narrows_by_its_filters_alone(shown):
    assert isinstance(shown, FilteredAdmin)


@pytest.mark.parametrize(
    "address",
    [
        "emotion_site/user/?password__startswith=md5",
        "emotion_site/user/?password__regex=^md5",
        "emotion_site/user/?api_tokens__digest__gt=0",
        "emotion_site/user/?authenticator__data__icontains=secret",
        "emotion_site/user/?groups__user__password__startswith=md5",
        "emotion_site/apitoken/?digest__startswith=0",
        "emotion_site/apitoken/?user__password__startswith=md5",
        "emotion_site/onetimelink/?digest__startswith=0",
        "emotion_site/onetimelink/?created_by__password__startswith=md5",
        "classifier/clip/?title__startswith=Clip",
        "classifier/clip/?owner__password__startswith=md5",
    ],
)
def test_an_address_cannot_ask_for_it(admin_client, speaker, address):
    make_api_token(speaker)
    ClipFactory(owner=speaker)
    make_one_time_link("password-reset", user=speaker)
    assert admin_client.get(f"/admin/{address}").status_code == 400


def test_neither_search_nor_order_nor_completion_reads_a_secret(admin_client, admin, speaker):
    token, secret = make_api_token(speaker)
    page = reverse("admin:emotion_site_apitoken_changelist")
    for asked in (token.digest, secret, speaker.password):
        found = admin_client.get(page, {"q": asked}).context["cl"]
        assert list(found.queryset) == []
    assert admin_client.get(page, {"_to_field": "digest"}).status_code == 400
    completion = {"app_label": "emotion_site", "model_name": "apitoken", "field_name": "user", "term": "md5"}
    answer = admin_client.get(reverse("admin:autocomplete"), completion).json()
    assert speaker.pk not in [int(row["id"]) for row in answer.get("results", [])]
    ordered = admin_client.get(page, {"o": "digest"})
    assert "digest" not in str(ordered.context["cl"].queryset.query).split("ORDER BY")[-1]


@pytest.mark.parametrize(
    "address",
    ["user/?is_active__exact=1", "user/?groups__id__exact=1", "onetimelink/?purpose__exact=invitation"],
)
def test_the_filters_beside_a_list_work(admin_client, address):
    assert admin_client.get(f"/admin/emotion_site/{address}").status_code == 200
