from django.urls import include, path
from rest_framework.routers import SimpleRouter

from classifier.api import views

router = SimpleRouter()
router.register("clips", views.ClipViewSet, basename="clip")

urlpatterns = [
    path("", include(router.urls)),
    path("labels/", views.LabelList.as_view(), name="labels"),
    path("models/active/", views.ActiveModel.as_view(), name="active-model"),
]
