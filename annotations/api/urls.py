from django.urls import include, path
from rest_framework.routers import SimpleRouter

from annotations.api import views

router = SimpleRouter()
router.register("reviews", views.ReviewViewSet, basename="review")

urlpatterns = [
    path("", include(router.urls)),
    path("reviews/<uuid:pk>/audio/", views.ReviewAudio.as_view(), name="review-audio"),
    path("decisions/", views.DecisionList.as_view(), name="decisions"),
    path("objections/", views.Objections.as_view(), name="objections"),
    path("agreement/", views.AgreementView.as_view(), name="agreement"),
]
