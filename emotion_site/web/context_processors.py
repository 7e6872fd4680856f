from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from emotion_site.accounts.notices import notices_of
from emotion_site.accounts.purpose import current_purpose
from emotion_site.roles import Role, lacks_second_step, role_of

# Behind which of the main links the pages of an app lie.
SECTION_OF_APP = {"classifier": "history", "annotations": "review", "training": "models"}


def site(request: HttpRequest) -> dict[str, object]:
    """Template variables of every page: the person, and what the site allows."""
    # Lazy, because pages about errors must not need the database.
    role = SimpleLazyObject(lambda: role_of(request.user))
    return {
        "is_admin": SimpleLazyObject(lambda: role == Role.ADMIN),
        "is_reviewer": SimpleLazyObject(lambda: role in (Role.ADMIN, Role.REVIEWER)),
        # For administrators, who alone can mend it; nobody else's page asks.
        "purpose_is_missing": SimpleLazyObject(lambda: role == Role.ADMIN and current_purpose() is None),
        "notices": SimpleLazyObject(lambda: notices_of(request.user)),
        "second_step_is_missing": SimpleLazyObject(lambda: _lacks_second_step(request)),
        "section": _section(request),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "signup_mode": settings.SIGNUP,
        "mail_is_configured": bool(settings.EMAIL),
        "theme": SimpleLazyObject(lambda: _theme(request)),
    }


def _section(request: HttpRequest) -> str:
    """``classify``, ``history``, ``review``, ``models`` or ``people``; empty for pages that lie elsewhere."""
    match = request.resolver_match
    if match is None:
        return ""
    if match.view_name == "classifier:classify":
        return "classify"
    if match.route.startswith("accounts/people/"):
        return "people"
    return SECTION_OF_APP.get(match.namespace, "")


def _theme(request: HttpRequest) -> str:
    return getattr(request.user, "theme", "") or request.COOKIES.get("theme", "auto")


def _lacks_second_step(request: HttpRequest) -> bool:
    return request.user.is_authenticated and lacks_second_step(request.user)
