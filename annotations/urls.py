from django.urls import path

from annotations.pages import (
    agreement,
    clip_reviews,
    conflicts,
    decisions,
    exports,
    listens,
    media,
    objection,
    review,
)

app_name = "annotations"
urlpatterns = [
    path("agreement/", agreement.agreement, name="agreement"),
    path("agreement/<slug:task>/<slug:part>.csv", agreement.agreement_csv, name="agreement_csv"),
    path("clips/<uuid:pk>/review/", objection.review_state, name="review_state"),
    path("clips/<uuid:pk>/objection/", objection.objection, name="objection"),
    path("exports/", exports.exports, name="exports"),
    path("exports/list/", exports.export_list, name="export_list"),
    path("exports/<uuid:pk>/download/", exports.download, name="export_download"),
    path("exports/<uuid:pk>/delete/", exports.delete, name="export_delete"),
    path("listens/", listens.listens, name="listens"),
    path("listens.csv", listens.listens_csv, name="listens_csv"),
    path("reviews/conflicts/", conflicts.conflicts, name="conflicts"),
    path("reviews/decisions/", decisions.decisions, name="decisions"),
    path("reviews/<slug:task>/<uuid:pk>/", clip_reviews.clip_reviews, name="clip_reviews"),
    path("reviews/<uuid:pk>/audio/", media.audio, name="audio"),
    path("reviews/<uuid:pk>/spectrogram/", media.spectrogram, name="spectrogram"),
    path("review/", review.start, name="queue"),
    path("review/examples/<uuid:pk>/audio/", media.example_audio, name="example_audio"),
    path("review/<slug:task>/", review.work, name="review_work"),
    path("review/<slug:task>/policy/", review.save_policy, name="review_policy"),
]
