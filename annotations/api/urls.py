from django.urls import include, path
from rest_framework.routers import SimpleRouter

from annotations.api import reviews, views

router = SimpleRouter()
router.register("reviews", reviews.ReviewViewSet, basename="review")

urlpatterns = [
    path("", include(router.urls)),
    path("reviews/<uuid:pk>/audio/", reviews.ReviewAudio.as_view(), name="review-audio"),
    path("reviews/<uuid:pk>/wav/", reviews.ReviewWav.as_view(), name="review-wav"),
    path("reviews/<uuid:pk>/spectrogram/", reviews.ReviewSpectrogram.as_view(), name="review-spectrogram"),
    path("decisions/", views.DecisionList.as_view(), name="decisions"),
    path("objections/", views.Objections.as_view(), name="objections"),
    path("agreement/", views.AgreementView.as_view(), name="agreement"),
]
