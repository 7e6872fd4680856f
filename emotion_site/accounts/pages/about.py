"""What this site is used for: everybody signed in can read it, administrators declare it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from emotion_site.accounts.purpose import current_purpose
from emotion_site.accounts.purpose_forms import PurposeForm
from emotion_site.sign_in.guards import SignedInRequest, admin_required


@login_required
@require_safe
def about(request: SignedInRequest) -> HttpResponse:
    return render(request, "emotion_site/about.html", {"declared": current_purpose()})


@admin_required
def purpose(request: SignedInRequest) -> HttpResponse:
    """Declare the purpose, or another one in its place. The tick is set anew each time."""
    if request.method == "POST":
        form = PurposeForm(request.POST)
        if form.is_valid():
            form.declare(request.user)
            messages.success(request, _("The purpose of this site is declared."))
            return redirect("emotion_site:about")
        return render(request, "emotion_site/purpose.html", {"form": form}, status=422)
    declared = current_purpose()
    form = PurposeForm(initial={"purpose": declared.text if declared else ""})
    return render(request, "emotion_site/purpose.html", {"form": form})
