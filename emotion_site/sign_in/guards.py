"""Who may enter a page. What a person may see on it is decided where the rows are fetched."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from emotion_site.models import User
from emotion_site.roles import is_admin, is_reviewer

P = ParamSpec("P")


class SignedInRequest(HttpRequest):
    """What a view behind ``login_required`` is given."""

    user: User


View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]


def admin_required(view: View[P]) -> View[P]:
    """Redirects anonymous visitors to sign-in; anyone else but an administrator gets 403."""
    return _guarded(view, is_admin)


def reviewer_required(view: View[P]) -> View[P]:
    """For reviewers and administrators."""
    return _guarded(view, is_reviewer)


def fresh_sign_in_required(view: View[P]) -> View[P]:
    """What a button of this view does waits until the person has signed in once more, as before a token.

    The question that stands before the button needs no sign-in. What was pressed is done right afterwards.
    """
    guarded: View[P] = reauthentication_required(view, allow_get=True)
    return guarded


def require_fresh_sign_in(request: HttpRequest) -> None:
    """The same inside a view, for some requests only; allauth's middleware handles the exception."""
    raise_if_reauthentication_required(request, app="emotion_site")


def _guarded(view: View[P], may_enter: Callable[[User], bool]) -> View[P]:
    @login_required
    @wraps(view)
    def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may_enter(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
