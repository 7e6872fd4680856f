from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from emotion_site.accounts.checklist import hide_checklist
from emotion_site.sign_in.guards import SignedInRequest, admin_required


@admin_required
@require_POST
def hide(request: SignedInRequest) -> HttpResponse:
    """Only for this person; the others still see theirs."""
    hide_checklist(user=request.user)
    return redirect("classifier:classify")
