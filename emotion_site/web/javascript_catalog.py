"""Texts in scripts: Django's JavaScript catalogue, one cached script per language."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

KEPT_FOR_S = 365 * 24 * 3600


class SiteCatalog(JavaScriptCatalog):
    packages = ["emotion_site"]  # and no other app's, such as the admin's; `LOCALE_PATHS` come always


@dataclass(frozen=True)
class Catalog:
    script: bytes
    version: str


@cache
def catalog_of(language: str) -> Catalog:
    with translation.override(language):
        script = SiteCatalog().get(HttpRequest()).content
    return Catalog(script, sha256(script).hexdigest()[:12])


def catalog_url() -> str:
    """The URL for the active language, with a hash of the texts, so that a cached script is never stale."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return reverse("javascript_catalog", args=[language, catalog_of(language).version])


@require_safe
def javascript_catalog(request: HttpRequest, language: str, version: str) -> HttpResponseBase:
    if language not in dict(settings.LANGUAGES):
        raise Http404
    catalog = catalog_of(language)
    response = HttpResponse(catalog.script, content_type="text/javascript; charset=utf-8")
    response["Content-Language"] = language
    response["ETag"] = etag = quote_etag(catalog.version)
    # A page from before an update, or from another process during it, gets what there is now, and asks again.
    is_current = version == catalog.version
    response["Cache-Control"] = f"public, max-age={KEPT_FOR_S}, immutable" if is_current else "no-cache"
    return get_conditional_response(request, etag=etag, response=response) or response
