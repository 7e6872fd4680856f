"""Language and appearance: kept on the account when signed in, and in this browser."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from emotion_site.accounts.forms import PreferencesForm

THEME_COOKIE = "theme"
ONE_YEAR_S = 365 * 24 * 3600


@require_POST
def set_preferences(request: HttpRequest) -> HttpResponse:
    """Keep what was chosen in the footer and go back to the page it was chosen on."""
    response = HttpResponseRedirect(page_to_return_to(request))
    form = PreferencesForm(request.POST)
    if form.is_valid():
        chosen = {name: value for name, value in form.cleaned_data.items() if value}
        remember_in_browser(response, **chosen)
        if request.user.is_authenticated:
            for name, value in chosen.items():
                setattr(request.user, name, value)
            request.user.save(update_fields=list(chosen))
    return response


def remember_in_browser(response: HttpResponse, *, language: str = "", theme: str = "") -> None:
    """Cookies, so that the sign-in page looks and speaks as the person chose."""
    for name, value in ((settings.LANGUAGE_COOKIE_NAME, language), (THEME_COOKIE, theme)):
        if value:
            response.set_cookie(
                name,
                value,
                max_age=ONE_YEAR_S,
                path=settings.LANGUAGE_COOKIE_PATH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )


def page_to_return_to(request: HttpRequest) -> str:
    """The page of this site that a form was sent from, from its field ``next``."""
    page = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page if safe else resolve_url(settings.LOGIN_REDIRECT_URL)
