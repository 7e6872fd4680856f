"""Who may enter a page. What a person may see on it is decided where the rows are fetched."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

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
    """Strangers are sent to sign in; everyone else who is no administrator gets 403."""
    return _guarded(view, is_admin)


def reviewer_required(view: View[P]) -> View[P]:
    """For reviewers and administrators."""
    return _guarded(view, is_reviewer)


def _guarded(view: View[P], may_enter: Callable[[User], bool]) -> View[P]:
    @login_required
    @wraps(view)
    def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may_enter(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded
