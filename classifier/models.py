import uuid
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from classifier.model_version import ModelVersion as ModelVersion
from classifier.predictions.certainty import is_sure
from classifier.querysets import ClipQuerySet, LabelQuerySet, PredictionManager
from classifier.usage import Usage as Usage
from emotion_site.storage.folding import LONGEST_FOLD, FoldedField


class Task(models.Model):
    """A question about clips, such as which emotion is in them, with its labels."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80)

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")

    def __str__(self) -> str:
        return gettext(self.name)

    def label_keys(self) -> list[str]:
        return list(self.labels.order_by("order").values_list("key", flat=True))  # as a model's outputs


class Label(models.Model):
    """One class of a task."""

    task = models.ForeignKey(Task, models.CASCADE, verbose_name=_("task"), related_name="labels")
    key = models.SlugField(_("key"))
    name = models.CharField(_("name"), max_length=80)
    colour = models.CharField(_("colour"), max_length=7, help_text=_("Such as #0072b2"))
    digit = models.PositiveSmallIntegerField(
        _("digit on the keyboard"), help_text=_("Key that chooses this label in a review")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    guidance = models.TextField(
        _("guidance"),
        blank=True,
        max_length=500,
        help_text=_("How reviewers recognise it; stands beside each clip they hear"),
    )

    objects = LabelQuerySet.as_manager()

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["task", "order"]
        constraints = [
            models.UniqueConstraint(fields=["task", "key"], name="label_key_once_per_task"),
            models.UniqueConstraint(fields=["task", "order"], name="label_order_once_per_task"),
        ]

    def __str__(self) -> str:
        return gettext(self.name)


class Corpus(models.Model):
    """Recordings that were imported together with their labels."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    task = models.ForeignKey(Task, models.PROTECT, verbose_name=_("task"), related_name="corpora")
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("corpus")
        verbose_name_plural = _("corpora")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def _list_index(*fields: str, name: str) -> models.Index:
    return models.Index(fields=fields, name=name, condition=Q(deleted_at__isnull=True))


class Clip(models.Model):
    """One recording of one owner or of a corpus, kept as 16 kHz mono FLAC."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("clip", "waiting")
        DONE = "done", pgettext_lazy("clip", "done")
        FAILED = "failed", pgettext_lazy("clip", "failed")

    class Source(models.TextChoices):
        RECORD = "record", _("Recorded")
        UPLOAD = "upload", _("Uploaded")
        API = "api", _("API")
        CORPUS = "corpus", _("Corpus")

        @classmethod
        def of_people(cls) -> list[tuple[str, str | Promise]]:
            """The choices of those who send clips themselves; corpora are imported by a command."""
            return [(value, name) for value, name in cls.choices if value != cls.CORPUS]

    class Split(models.TextChoices):
        TRAIN = "train", _("training")
        VALIDATION = "validation", _("validation")
        TEST = "test", _("test")

    id = models.UUIDField(_("identifier"), primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("owner"),
        null=True,
        blank=True,
        related_name="clips",
    )
    title = models.CharField(_("title"), max_length=120, blank=True)
    folded_title = FoldedField(of="title", max_length=120 * LONGEST_FOLD)
    speaker = models.CharField(_("speaker"), max_length=80, blank=True)
    source = models.CharField(_("source"), max_length=8, choices=Source)
    status = models.CharField(_("state"), max_length=8, choices=Status, default=Status.WAITING)
    error_code = models.CharField(_("code of the error"), max_length=40, blank=True)
    audio = models.FileField(upload_to="", max_length=120)
    stored_bytes = models.PositiveIntegerField(
        _("bytes kept"), default=0, help_text=_("Of the file that is kept")
    )
    checksum = models.CharField(_("checksum"), max_length=64, help_text=_("SHA-256 of the waveform"))
    duration_s = models.FloatField(_("length in seconds"))
    quality = models.JSONField(_("quality of the sound"), default=dict)
    peaks = models.JSONField(default=list)
    shared_for_review = models.BooleanField(_("shared for review"), default=False)
    shared_for_training = models.BooleanField(_("shared for training"), default=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)

    # Copies from the prediction that was asked for last, so that the history filters and sorts 100,000
    # clips by index, and the version that made it. After going back that is not the newest version.
    label = models.ForeignKey(Label, models.SET_NULL, verbose_name=_("label"), null=True, related_name="+")
    confidence = models.FloatField(_("confidence"), null=True)
    margin = models.FloatField(_("margin"), null=True)
    answered_by = models.ForeignKey(
        ModelVersion,
        models.SET_NULL,
        verbose_name=_("answered by"),
        null=True,
        related_name="+",
        db_index=False,
        editable=False,
    )

    # Of a corpus: where the clip came from, what it was meant to be, and who may learn from it.
    corpus = models.ForeignKey(
        Corpus, models.CASCADE, verbose_name=_("corpus"), null=True, blank=True, related_name="clips"
    )
    file_name = models.CharField(max_length=255, blank=True, help_text=_("As the corpus names it"))
    reference_label = models.ForeignKey(
        Label, models.PROTECT, verbose_name=_("label of the corpus"), null=True, blank=True, related_name="+"
    )
    split = models.CharField(_("split"), max_length=10, choices=Split, blank=True)

    objects = ClipQuerySet.as_manager()

    class Meta:
        verbose_name = _("clip")
        verbose_name_plural = _("clips")
        ordering = ["-created", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "checksum"],
                condition=Q(deleted_at__isnull=True),
                name="clip_waveform_once_per_owner",
            ),
            models.UniqueConstraint(
                fields=["corpus", "checksum"],
                condition=Q(deleted_at__isnull=True),
                name="clip_waveform_once_per_corpus",
            ),
            models.UniqueConstraint(
                fields=["corpus", "split", "file_name"],
                condition=Q(corpus__isnull=False),
                name="clip_file_name_once_per_split",
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=False, corpus__isnull=True)
                | Q(owner__isnull=True, corpus__isnull=False),
                name="clip_has_owner_or_corpus",
            ),
        ]
        indexes = [
            # What the history lists: whole queries are served from these without reading the rows,
            # which are long. The title is there to be searched.
            _list_index("owner", "-created", "-id", "folded_title", name="clip_owner_newest"),
            _list_index("owner", "confidence", "id", name="clip_owner_confidence"),
            _list_index("owner", "duration_s", "id", name="clip_owner_duration"),
            _list_index("owner", "folded_title", "id", name="clip_owner_title"),
            _list_index("owner", "label", "-created", name="clip_owner_label"),
            models.Index(fields=["status"], name="clip_waiting", condition=Q(status="waiting")),
            models.Index(fields=["deleted_at"], name="clip_deleted", condition=Q(deleted_at__isnull=False)),
        ]

    def __str__(self) -> str:
        """The id, because the title is for the owner alone; the admin and logs use this."""
        return str(self.pk)

    def get_absolute_url(self) -> str:
        return reverse("classifier:clip", args=[self.pk])

    @property
    def display_title(self) -> str:
        return self.title or gettext("Untitled clip")

    @property
    def is_sure(self) -> bool:
        return is_sure(margin=self.margin, quality=self.quality)

    def latest_prediction(self, among: "Iterable[Prediction] | None" = None) -> "Prediction | None":
        """That of the version that predicted last; what was prefetched costs a list no query per clip."""

        def rank(prediction: Prediction) -> tuple[bool, int]:
            version = prediction.model_version
            return version.pk == self.answered_by_id, version.number

        return max(self.predictions.all() if among is None else among, key=rank, default=None)


class Prediction(models.Model):
    """The scores of one clip by one model version. Never edited."""

    clip = models.ForeignKey(Clip, models.CASCADE, verbose_name=_("clip"), related_name="predictions")
    model_version = models.ForeignKey(
        ModelVersion, models.PROTECT, verbose_name=_("model version"), related_name="predictions"
    )
    label = models.ForeignKey(Label, models.PROTECT, verbose_name=_("label"), related_name="+")
    scores = models.JSONField(_("scores"), help_text=_("Probability per label key"))
    confidence = models.FloatField(_("confidence"))
    margin = models.FloatField(_("margin"))
    entropy = models.FloatField(_("entropy"))
    segments = models.JSONField(_("course over time"), default=list)
    milliseconds = models.FloatField(_("milliseconds"))
    created = models.DateTimeField(_("created"), auto_now_add=True)

    objects = PredictionManager()

    class Meta:
        verbose_name = _("prediction")
        verbose_name_plural = _("predictions")
        ordering = ["-model_version__number"]
        constraints = [
            models.UniqueConstraint(
                fields=["clip", "model_version"], name="one_prediction_per_clip_and_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.confidence:.0%}"


class IdempotencyKey(models.Model):
    """Remembers which clip a client's key made, even after the clip is gone."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    upload_digest = models.CharField(max_length=64)
    clip_id = models.UUIDField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once_per_owner")
        ]

    def __str__(self) -> str:
        return self.key
