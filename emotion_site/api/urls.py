from django.conf import settings
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from emotion_site.api import schema  # noqa: F401  # registers the sign-in methods
from emotion_site.api.views import UnknownPath

# The paths of the description are those below the prefix.
SERVERS = {"SERVERS": [{"url": settings.URL_PREFIX}]} if settings.URL_PREFIX else {}

app_name = "api"
urlpatterns = [
    path("v1/", include("classifier.api.urls")),
    path("v1/", include("annotations.api.urls")),
    path("v1/", include("training.api.urls")),
    path("schema/", SpectacularAPIView.as_view(custom_settings=SERVERS), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    re_path("", UnknownPath.as_view()),
]
