"""Notices, which a person puts away once they have read them."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from emotion_site.access import SignedInRequest
from emotion_site.notices import dismiss
from emotion_site.preferences import page_to_return_to


@login_required
@require_POST
def dismiss_notice(request: SignedInRequest, pk: int) -> HttpResponse:
    dismiss(user=request.user, pk=pk)
    return redirect(page_to_return_to(request))
