"""The icon of the site for whatever names none: the admin, JSON, a recording in a tab of its own."""

from django.http import HttpRequest, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def favicon(request: HttpRequest) -> HttpResponseRedirect:
    """Browsers request this by themselves."""
    return HttpResponseRedirect(static("emotion_site/icon.svg"))
