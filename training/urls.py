from django.urls import path

from training.pages import run, runs, snapshots, versions

app_name = "training"
urlpatterns = [
    path("models/", versions.versions, name="versions"),
    path("models/roll-back/", versions.roll_back, name="roll_back"),
    path("models/predict-again/", versions.predict_again, name="predict_again"),
    path("models/jobs/", versions.jobs, name="jobs"),
    path("models/versions/<int:pk>/promote/", versions.promote, name="promote"),
    path("models/versions/<int:pk>/delete/", versions.delete, name="delete_version"),
    path("models/snapshots/", snapshots.snapshots, name="snapshots"),
    path("models/snapshots/list/", snapshots.snapshot_list, name="snapshot_list"),
    path("models/runs/", runs.runs, name="runs"),
    path("models/runs/estimate/", runs.estimate, name="estimate"),
    path("models/runs/<uuid:pk>/", run.run, name="run"),
    path("models/runs/<uuid:pk>/live/", run.live, name="run_live"),
    path("models/runs/<uuid:pk>/cancel/", run.cancel, name="cancel"),
    path("models/runs/<uuid:pk>/approve/", run.approve, name="approve"),
    path("models/runs/<uuid:pk>/reject/", run.reject, name="reject"),
]
