"""Invitations, as administrators make and withdraw them."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from emotion_site.accounts.forms import InvitationForm
from emotion_site.models import OneTimeLink
from emotion_site.roles import Role
from emotion_site.sign_in.guards import SignedInRequest, admin_required, require_fresh_sign_in
from emotion_site.sign_in.links import Purpose, link_path, make_link, revoke_link


@admin_required
@never_cache
def invitations(request: SignedInRequest) -> HttpResponse:
    """List the open invitations, or make one and show it: only this response shows its link."""
    form = InvitationForm(request.POST or None)
    context: dict[str, object] = {"form": form}
    status = 200
    if form.is_bound and form.is_valid():
        if form.cleaned_data["role"] == Role.ADMIN:
            require_fresh_sign_in(request)
        _link, secret = make_link(
            purpose=Purpose.INVITATION,
            email=form.cleaned_data["email"],
            role=Role(form.cleaned_data["role"]),
            created_by=request.user,
        )
        url = request.build_absolute_uri(link_path(Purpose.INVITATION, secret))
        context |= {"url": url, "form": InvitationForm()}
        status = 201
    elif form.is_bound:
        status = 422
    context["invitations"] = [(link, Role(link.role).label) for link in _open_invitations()]
    return render(request, "emotion_site/invitations.html", context, status=status)


@admin_required
@require_POST
def revoke_invitation(request: SignedInRequest, pk: int) -> HttpResponse:
    link = get_object_or_404(_open_invitations(), pk=pk)
    revoke_link(link=link, actor=request.user)
    messages.success(request, _("The invitation is withdrawn. Its link no longer works."))
    return redirect("emotion_site:invitations")


def _open_invitations() -> QuerySet[OneTimeLink]:
    return OneTimeLink.objects.usable().select_related("created_by").filter(purpose=Purpose.INVITATION)
