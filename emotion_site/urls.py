from django.contrib import admin
from django.urls import include, path

from emotion_site.health import health
from emotion_site.views.icon import favicon

handler400 = "emotion_site.error_pages.bad_request"
handler500 = "emotion_site.error_pages.server_error"
urlpatterns = [
    path("health/", health, name="health"),
    path("favicon.ico", favicon, name="favicon"),
    path("", include("classifier.urls")),
    path("", include("annotations.urls")),
    path("", include("training.urls")),
    path("accounts/", include("allauth.urls")),
    path("account/", include("emotion_site.account_urls")),
    path("api/", include("emotion_site.api.urls")),
    path("admin/", admin.site.urls),
]
