"""What a person sees who opens a one-time link."""

from typing import Any, ClassVar

from allauth.account.views import SignupView
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from emotion_site.accounts.notices import notify
from emotion_site.accounts.purpose_forms import FirstAdministratorForm
from emotion_site.exceptions import UserError
from emotion_site.models import Notice, OneTimeLink, User
from emotion_site.roles import Role, set_role
from emotion_site.sign_in.forms import InvitedSignUpForm, NewPasswordForm
from emotion_site.sign_in.links import Purpose, find_link, use_link
from emotion_site.sign_in.tokens import usable_tokens


class InvitationView(SignupView):
    """Sign-up with an invitation."""

    purpose: ClassVar[OneTimeLink.Purpose] = Purpose.INVITATION
    template_name = "emotion_site/invitation.html"
    form_class = InvitedSignUpForm

    def dispatch(self, request: HttpRequest, *args: Any, secret: str, **kwargs: Any) -> HttpResponseBase:
        link = find_link(self.purpose, secret)
        if link is None:
            return link_is_gone(request)
        self.link = link
        if request.user.is_authenticated:
            return self.signed_in(request, request.user)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def is_open(self) -> bool:
        return settings.SIGNUP != "closed"

    def signed_in(self, request: HttpRequest, user: User) -> HttpResponse:
        messages.info(request, _("You have an account already. To use the invitation, sign out first."))
        return redirect("emotion_site:account")

    def get_form_class(self) -> type[InvitedSignUpForm]:
        return self.form_class

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "link": self.link}

    def form_valid(self, form: InvitedSignUpForm) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)
        except UserError:
            return link_is_gone(self.request)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "link": self.link, "role": Role(self.link.role)}


class FirstAdministratorView(InvitationView):
    """Makes the first administrator: a new account, or the one that is signed in."""

    purpose = Purpose.FIRST_ADMINISTRATOR
    template_name = "emotion_site/first_administrator.html"
    form_class = FirstAdministratorForm

    def is_open(self) -> bool:
        return True

    def signed_in(self, request: HttpRequest, user: User) -> HttpResponse:
        if request.method != "POST":
            return render(request, "emotion_site/first_administrator_claim.html")
        try:
            with transaction.atomic():
                use_link(self.link)
                set_role(user=user, role=Role.ADMIN, actor=user)
        except UserError:
            return link_is_gone(request)
        messages.success(request, _("You are the administrator of this site now."))
        return redirect("emotion_site:people")


@sensitive_post_parameters("password1", "password2")
@never_cache
def reset_password(request: HttpRequest, secret: str) -> HttpResponse:
    """Choose a new password with a link that an administrator made."""
    link = find_link(Purpose.PASSWORD_RESET, secret)
    if link is None or link.user is None or not link.user.is_active:
        return link_is_gone(request)
    form = NewPasswordForm(data=request.POST or None, user=link.user)
    if not form.is_valid():
        return render(request, "emotion_site/reset_password.html", {"form": form, "person": link.user})
    try:
        with transaction.atomic():
            use_link(link)
            had_tokens = usable_tokens(link.user).exists()
            # Sessions of the old password end, and signing in asks for the second step as ever.
            form.save()
            notify(link.user, Notice.Kind.PASSWORD_BY_LINK)
    except UserError:
        return link_is_gone(request)
    messages.success(request, _("Your new password is set. Sign in with it."))
    if had_tokens:
        messages.info(request, _("Your API tokens no longer work. Make new ones on your account page."))
    return redirect("account_login")


def link_is_gone(request: HttpRequest) -> HttpResponse:
    return render(request, "emotion_site/link_is_gone.html", status=410)
