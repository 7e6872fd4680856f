"""Django's admin: for looking at rows, and for the few actions that the site's own pages share."""

from typing import Any, cast

from allauth.account.admin import EmailAddress
from allauth.account.decorators import secure_admin_login
from allauth.mfa.admin import Authenticator
from allauth.usersessions.admin import UserSession
from django.contrib import admin, messages
from django.contrib.auth import admin as _groups  # noqa: F401  # registers Group, which is taken out below
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy, ngettext
from django_tasks_db.admin import DBTaskResult  # type: ignore[attr-defined]  # registered by that module

from emotion_site.accounts.people import deactivate, make_reset_link, revoke_token_of_another
from emotion_site.exceptions import UserError
from emotion_site.models import ApiToken, DeclaredPurpose, OneTimeLink, User
from emotion_site.roles import is_admin
from emotion_site.sign_in.guards import require_fresh_sign_in
from emotion_site.sign_in.links import Purpose, link_path
from emotion_site.storage.folding import folded
from emotion_site.web.admin_lookups import FilteredAdmin

# The site's own sign-in also asks for the second step and slows down guessing.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # allauth's documented way
# The role decides, and with it the second step; staff status alone opens nothing.
admin.site.has_permission = lambda request: is_admin(request.user)  # type: ignore[method-assign]
admin.site.password_change = lambda *args: redirect("account_change_password")  # type: ignore[method-assign,assignment]
admin.site.site_header = admin.site.site_title = gettext_lazy("Emotion administration")


# Roles, addresses, second steps and sessions change on the site's own pages, which keep their rules.
# What the workers do is registered again below.
for model in (EmailAddress, Authenticator, UserSession, Group, DBTaskResult):
    admin.site.unregister(model)


class LookOnlyAdmin(FilteredAdmin):
    """Rows change through the site's pages and services, never through a form of the admin."""

    show_full_result_count = False

    @admin.display(description=gettext_lazy("clip"), ordering="clip_id")
    def clip_key(self, obj: Any) -> Any:
        """The key of a row's clip, which is not fetched for it and may be gone."""
        return obj.clip_id

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class FoldedSearch(admin.ModelAdmin):
    """What is searched is folded, as the fields are in which it is searched."""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return super().get_search_results(request, queryset, folded(search_term))


@admin.register(DBTaskResult)
class TaskResultAdmin(LookOnlyAdmin):
    list_display = ["id", "task_path", "status", "enqueued_at", "started_at", "finished_at", "queue_name"]
    list_filter = ["status", "queue_name"]
    ordering = ["-enqueued_at"]
    exclude = ["run_after"]  # tasks without one have the last day of all


@admin.register(User)
class UserAdmin(LookOnlyAdmin, FoldedSearch):
    list_display = ["email", "name", "is_active", "is_staff", "date_joined", "last_login"]
    list_filter = ["is_active", "groups"]
    search_fields = ["email", "folded_name"]
    ordering = ["email"]
    fields = [
        ("email", "name"),
        ("language", "theme"),
        ("share_for_review", "share_for_training"),
        ("is_active", "groups"),
        ("date_joined", "last_login"),
    ]
    actions = ["make_reset_links", "deactivate_people"]

    @admin.action(description=gettext_lazy("Make a one-time link for a new password"), permissions=["view"])
    def make_reset_links(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        require_fresh_sign_in(request)
        for user in queryset.filter(is_active=True):
            _link, secret = make_reset_link(user=user, actor=_actor(request))
            url = request.build_absolute_uri(link_path(Purpose.PASSWORD_RESET, secret))
            self.message_user(request, f"{user.email}: {url}")

    @admin.action(description=gettext_lazy("Deactivate the selected people"), permissions=["view"])
    def deactivate_people(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        require_fresh_sign_in(request)
        for user in queryset.filter(is_active=True):
            try:
                deactivate(user=user, actor=_actor(request))
            except UserError as error:
                self.message_user(request, str(error.detail), messages.ERROR)


@admin.register(ApiToken)
class ApiTokenAdmin(LookOnlyAdmin, FoldedSearch):
    list_display = ["name", "user", "prefix", "created", "expires_at", "last_used_at", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["folded_name", "user__email"]
    fields = ["name", "user", "prefix", "created", "expires_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    @admin.action(description=gettext_lazy("Revoke the selected tokens"), permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        require_fresh_sign_in(request)
        for token in queryset.select_related("user"):
            revoke_token_of_another(token=token, actor=_actor(request))
        count = len(queryset)
        self.message_user(
            request,
            ngettext("%(count)d token is revoked.", "%(count)d tokens are revoked.", count)
            % {"count": count},
        )


@admin.register(OneTimeLink)
class OneTimeLinkAdmin(LookOnlyAdmin):
    list_display = ["purpose", "email", "role", "user", "created_by", "created", "expires_at", "used_at"]
    list_filter = ["purpose"]
    list_select_related = ["user", "created_by"]
    fields = ["purpose", "email", "role", "user", "created_by", "created", "expires_at", "used_at"]


@admin.register(DeclaredPurpose)
class DeclaredPurposeAdmin(LookOnlyAdmin):
    list_display = ["text", "excludes_workers_and_pupils", "declared_by", "created"]
    list_select_related = ["declared_by"]
    fields = ["text", "excludes_workers_and_pupils", "declared_by", "created"]


def _actor(request: HttpRequest) -> User:
    return cast(User, request.user)  # the admin lets nobody else in
