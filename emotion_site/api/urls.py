from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from emotion_site.api import schema  # noqa: F401  # registers the sign-in methods
from emotion_site.api.views import UnknownPath

app_name = "api"
urlpatterns = [
    path("v1/", include("classifier.api.urls")),
    path("v1/", include("annotations.api.urls")),
    path("v1/", include("training.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api:schema"), name="docs"),
    re_path("", UnknownPath.as_view()),
]
