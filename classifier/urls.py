from django.urls import path

from classifier.pages import classify, deletion, examples, media, sharing
from classifier.pages.clip import views as clip
from classifier.pages.history import views as history

app_name = "classifier"
urlpatterns = [
    path("", classify.classify, name="classify"),
    path("examples/<slug:slug>/", examples.try_example, name="try_example"),
    path("history/", history.show, name="history"),
    path("history/chart/", history.chart, name="chart"),
    path("history/export/", history.export, name="export"),
    path("clips/delete/", deletion.delete, name="delete"),
    path("clips/sharing/", sharing.share_many, name="share_many"),
    path("clips/restore/", deletion.restore, name="restore"),
    path("clips/<uuid:pk>/", clip.show, name="clip"),
    path("clips/<uuid:pk>/result/", clip.result, name="result"),
    path("clips/<uuid:pk>/row/", history.row, name="row"),
    path("clips/<uuid:pk>/edit/", clip.edit, name="edit"),
    path("clips/<uuid:pk>/share/", clip.share, name="share"),
    path("clips/<uuid:pk>/retry/", clip.retry, name="retry"),
    path("clips/<uuid:pk>/audio/", media.audio, name="audio"),
    path("clips/<uuid:pk>/spectrogram/", media.spectrogram, name="spectrogram"),
]
