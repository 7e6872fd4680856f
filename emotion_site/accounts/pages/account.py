"""The account page: a person's own profile, privacy, security, and the way out."""

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from emotion_site.accounts.cards import rendered_cards
from emotion_site.accounts.forms import DeleteAccountForm, PrivacyForm, ProfileForm
from emotion_site.accounts.people import delete_account
from emotion_site.accounts.preferences import remember_in_browser
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.sign_in.ending_access import end_all_access
from emotion_site.sign_in.guards import SignedInRequest
from emotion_site.sign_in.tokens import usable_tokens


@login_required
@require_safe
def account(request: SignedInRequest) -> HttpResponse:
    return _account_page(request)


@login_required
@require_POST
def save_profile(request: SignedInRequest) -> HttpResponse:
    form = ProfileForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _account_page(request, profile_form=form)
    user = form.save()
    response = redirect("emotion_site:account")
    remember_in_browser(response, language=user.language, theme=user.theme)
    messages.success(request, _("Your profile is saved."))
    return response


@login_required
@require_POST
def save_privacy(request: SignedInRequest) -> HttpResponse:
    form = PrivacyForm(request.POST, instance=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved. This applies to the clips that you add from now on."))
    return redirect("emotion_site:account")


@login_required
@require_POST
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    """End every session of this person, this one too, and all other access as them."""
    user = request.user
    get_adapter(request).logout(request)
    end_all_access(user)
    messages.success(request, _("You are signed out on every device."))
    return redirect("account_login")


@login_required
@reauthentication_required
def delete_own_account(request: SignedInRequest) -> HttpResponse:
    form = DeleteAccountForm(request.POST or None)
    if not form.is_valid():
        return render(request, "emotion_site/delete_account.html", {"form": form})
    user = request.user
    try:
        delete_account(user=User.objects.get(pk=user.pk))
    except UserError as error:
        messages.error(request, str(error.detail))
        return redirect("emotion_site:account")
    get_adapter(request).logout(request)
    messages.success(request, _("Your account and everything in it is deleted. Take care!"))
    return redirect("account_login")


def _account_page(request: SignedInRequest, *, profile_form: BaseForm | None = None) -> HttpResponse:
    user = request.user
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    context = {
        "profile_form": profile_form or ProfileForm(instance=user),
        "privacy_form": PrivacyForm(instance=user),
        "has_authenticator_app": Authenticator.Type.TOTP in kinds,
        "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
        "session_count": len(UserSession.objects.purge_and_list(user)),
        "cards": rendered_cards(request, user),
        "token_count": usable_tokens(user).count(),
    }
    status = 422 if profile_form else 200
    return render(request, "emotion_site/account.html", context, status=status)
