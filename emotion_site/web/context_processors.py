from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from emotion_site.accounts.notices import notices_of
from emotion_site.accounts.purpose import current_purpose
from emotion_site.roles import Role, lacks_second_step, role_of
from emotion_site.web.navigation import section_of


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
        "section": section_of(request),
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "signup_mode": settings.SIGNUP,
        "mail_is_configured": bool(settings.EMAIL),
        "theme": SimpleLazyObject(lambda: _theme(request)),
    }


def _theme(request: HttpRequest) -> str:
    return getattr(request.user, "theme", "") or request.COOKIES.get("theme", "auto")


def _lacks_second_step(request: HttpRequest) -> bool:
    return request.user.is_authenticated and lacks_second_step(request.user)
