"""Notices, which a person puts away once they have read them."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from emotion_site.accounts.notices import dismiss
from emotion_site.accounts.preferences import page_to_return_to
from emotion_site.sign_in.guards import SignedInRequest


@login_required
@require_POST
def dismiss_notice(request: SignedInRequest, pk: int) -> HttpResponse:
    dismiss(user=request.user, pk=pk)
    return redirect(page_to_return_to(request))
