from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from emotion_site.access import SignedInRequest, admin_required
from emotion_site.checklist import hide_checklist


@admin_required
@require_POST
def hide(request: SignedInRequest) -> HttpResponse:
    """Whoever knows the way needs no list; the others still see theirs."""
    hide_checklist(user=request.user)
    return redirect("classifier:classify")
