from django.contrib import admin
from django.urls import include, path

from emotion_site.web.files.icon import favicon
from emotion_site.web.health import health
from emotion_site.web.javascript_catalog import javascript_catalog

handler400 = "emotion_site.web.error_pages.bad_request"
handler500 = "emotion_site.web.error_pages.server_error"
urlpatterns = [
    path("health/", health, name="health"),
    path("favicon.ico", favicon, name="favicon"),
    path("jsi18n/<slug:language>/<slug:version>.js", javascript_catalog, name="javascript_catalog"),
    path("", include("classifier.urls")),
    path("", include("annotations.urls")),
    path("", include("training.urls")),
    path("accounts/", include("allauth.urls")),
    path("accounts/", include("emotion_site.accounts.urls")),
    path("api/", include("emotion_site.api.urls")),
    path("admin/", admin.site.urls),
]
