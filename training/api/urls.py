from django.urls import include, path
from rest_framework.routers import SimpleRouter

from training.api import views

router = SimpleRouter()
router.register("snapshots", views.SnapshotViewSet, basename="snapshot")
router.register("runs", views.RunViewSet, basename="run")
router.register("versions", views.VersionViewSet, basename="version")
router.register("promotions", views.PromotionViewSet, basename="promotion")

urlpatterns = [path("", include(router.urls))]
