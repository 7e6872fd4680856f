"""What administrators see and do about people."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from emotion_site.accounts.forms import RoleForm
from emotion_site.accounts.people import (
    deactivate,
    give_role,
    make_reset_link,
    people,
    reactivate,
    remove_second_steps,
    unlock,
)
from emotion_site.exceptions import UserError
from emotion_site.models import User
from emotion_site.roles import Role, assigned_role
from emotion_site.sign_in.guards import SignedInRequest, admin_required, fresh_sign_in_required
from emotion_site.sign_in.links import Purpose, link_path
from emotion_site.storage.folding import folded

PEOPLE_PER_PAGE = 50


@admin_required
@require_safe
def people_list(request: SignedInRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    wanted = folded(text)
    matching = Q(email__icontains=wanted) | Q(folded_name__contains=wanted)
    found = people().filter(matching) if text else people()
    page = Paginator(found, PEOPLE_PER_PAGE).get_page(request.GET.get("page"))
    rows = [(person, assigned_role(person)) for person in page]
    return render(request, "emotion_site/people.html", {"page": page, "rows": rows, "q": text})


@admin_required
@require_safe
def person(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(people(), pk=pk)
    role = assigned_role(found)
    context = {
        "person": found,
        "role": role,
        "role_form": RoleForm(initial={"role": role}),
        "has_second_step": Authenticator.objects.filter(user=found).exists(),
    }
    return render(request, "emotion_site/person.html", context)


@admin_required
@fresh_sign_in_required
def change_role(request: SignedInRequest, pk: int) -> HttpResponse:
    """Explain the chosen role, and set it once confirmed."""
    found = get_object_or_404(User, pk=pk)
    form = RoleForm(request.POST or request.GET)
    if not form.is_valid():
        return redirect("emotion_site:person", pk=pk)
    role = Role(form.cleaned_data["role"])
    if request.method != "POST":
        return render(request, "emotion_site/person_role.html", {"person": found, "role": role})
    try:
        give_role(user=found, role=role, actor=request.user)
    except UserError as error:
        messages.error(request, str(error.detail))
    else:
        messages.success(request, _("%(person)s now has the role %(role)s.") % _names(found, role))
    return redirect("emotion_site:person", pk=pk)


@admin_required
@require_POST
@never_cache
@fresh_sign_in_required
def person_reset_link(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make a link with which this person chooses a new password; only this response shows it."""
    found = get_object_or_404(User, pk=pk, is_active=True)
    _link, secret = make_reset_link(user=found, actor=request.user)
    url = request.build_absolute_uri(link_path(Purpose.PASSWORD_RESET, secret))
    return render(request, "emotion_site/person_reset_link.html", {"person": found, "url": url})


@admin_required
@fresh_sign_in_required
def set_active(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm, then deactivate or reactivate an account."""
    found = get_object_or_404(User, pk=pk)
    if request.method != "POST":
        return render(request, "emotion_site/person_active.html", {"person": found})
    try:
        (deactivate if found.is_active else reactivate)(user=found, actor=request.user)
    except UserError as error:
        messages.error(request, str(error.detail))
    return redirect("emotion_site:person", pk=pk)


@admin_required
@fresh_sign_in_required
def person_second_steps(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm, then remove the second factors of a person who lost them."""
    found = get_object_or_404(User, pk=pk)
    if request.method != "POST":
        return render(request, "emotion_site/person_second_steps.html", {"person": found})
    remove_second_steps(user=found, actor=request.user)
    messages.success(request, _("%(person)s can sign in with the password alone.") % {"person": found})
    return redirect("emotion_site:person", pk=pk)


@admin_required
@require_POST
@fresh_sign_in_required
def unlock_person(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(User, pk=pk, is_active=True)
    unlock(user=found, actor=request.user, request=request)
    messages.success(request, _("%(person)s can try to sign in again at once.") % {"person": found})
    return redirect("emotion_site:person", pk=pk)


def _names(person: User, role: Role) -> dict[str, object]:
    return {"person": person, "role": role.label}
