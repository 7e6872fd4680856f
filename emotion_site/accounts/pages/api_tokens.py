"""A person's keys to the API."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from emotion_site.accounts.forms import TokenForm
from emotion_site.models import ApiToken
from emotion_site.sign_in.guards import SignedInRequest
from emotion_site.sign_in.tokens import create_token, revoke_token


@login_required
@never_cache
@reauthentication_required(allow_get=True)
def api_tokens(request: SignedInRequest) -> HttpResponse:
    """List the tokens, or make one and show it: only this response shows it."""
    form = TokenForm(request.POST or None)
    context = {"form": form, "upload_url": request.build_absolute_uri(reverse("api:clip-list"))}
    status = 200
    if request.method == "POST" and form.is_valid():
        _token, secret = create_token(user=request.user, **form.cleaned_data)
        context |= {"secret": secret, "form": TokenForm()}
        status = 201
    elif form.is_bound:
        status = 422
    context["tokens"] = ApiToken.objects.filter(user=request.user)
    return render(request, "emotion_site/api_tokens.html", context, status=status)


@login_required
def revoke_api_token(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm, then revoke."""
    token = get_object_or_404(ApiToken, pk=pk, user=request.user, revoked_at=None)
    if request.method != "POST":
        return render(request, "emotion_site/revoke_api_token.html", {"token": token})
    revoke_token(token=token)
    messages.success(request, _("The token is revoked. Programs that use it are refused from now on."))
    return redirect("emotion_site:api_tokens")
