from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from annotations.models.append_only import AppendOnlyModel
from classifier.models import Clip, Label, ModelVersion, Task


class Flag(models.TextChoices):
    """Why a clip can have no label."""

    NO_SPEECH = "no_speech", _("No speech")
    SEVERAL_SPEAKERS = "several_speakers", _("Several speakers")
    TOO_NOISY = "too_noisy", _("Too noisy")
    OTHER = "other", pgettext_lazy("flag", "Other")


class PickedBy(models.TextChoices):
    """Why the queue offered a clip. Only clips drawn at random measure a model without bias."""

    RANDOM = "random", _("drawn at random")
    UNCERTAIN = "uncertain", _("the model was not sure")
    OBJECTION = "objection", _("its owner objected")


class Review(AppendOnlyModel):
    """The label or flag that one person gave one clip at one moment, or that they took it back."""

    class Kind(models.TextChoices):
        BLIND = "blind", _("first answer")
        REVISED = "revised", _("knowing the prediction")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.BigAutoField(_("identifier"), primary_key=True)
    task = models.ForeignKey(Task, models.PROTECT, verbose_name=_("task"), related_name="reviews")
    # A review outlives its clip, so the database must not ask for the clip.
    clip = models.ForeignKey(
        Clip, models.DO_NOTHING, verbose_name=_("clip"), db_constraint=False, related_name="reviews"
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("reviewer"),
        null=True,
        blank=True,
        related_name="reviews",
    )
    rater = models.CharField(
        _("pseudonym"),
        max_length=80,
        blank=True,
        help_text=_("Pseudonym of the reviewer, or who it was elsewhere; empty for an anonymous vote"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    label = models.ForeignKey(
        Label, models.PROTECT, verbose_name=_("label"), null=True, blank=True, related_name="+"
    )
    flag = models.CharField(_("flag"), max_length=20, choices=Flag, blank=True)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    picked_by = models.CharField(_("why it was offered"), max_length=10, choices=PickedBy, blank=True)
    client_id = models.CharField(_("key of the sender"), max_length=64)
    model_version = models.ForeignKey(
        ModelVersion,
        models.PROTECT,
        verbose_name=_("model version"),
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    predicted_label = models.ForeignKey(
        Label,
        models.PROTECT,
        verbose_name=_("predicted label"),
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    prediction_shown = models.BooleanField(_("prediction was shown"), default=False)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), null=True, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["client_id", "rater"], name="review_client_id_once_per_rater"),
            models.CheckConstraint(
                condition=Q(kind="withdrawn", label__isnull=True, flag="")
                | (
                    ~Q(kind="withdrawn")
                    & (Q(label__isnull=False, flag="") | Q(label__isnull=True) & ~Q(flag=""))
                ),
                name="review_says_one_thing",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "created"], name="review_by_day"),
            models.Index(fields=["task", "rater", "created"], name="review_by_rater"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.label or self.get_flag_display() or '-'}"


class CurrentReview(models.Model):
    """The current review of a clip by one rater, derived from the log of ``Review``, for speed.

    ``blind_*`` is the last choice made without the prediction, which figures count; ``label`` and ``flag``
    are the last choice, which decides. An anonymous vote has a row of its own.
    """

    task = models.ForeignKey(Task, models.PROTECT, verbose_name=_("task"), db_index=False, related_name="+")
    clip = models.ForeignKey(Clip, models.CASCADE, verbose_name=_("clip"), related_name="current_reviews")
    rater = models.CharField(_("pseudonym"), max_length=80, blank=True)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, verbose_name=_("reviewer"), null=True, related_name="+"
    )
    review = models.OneToOneField(Review, models.PROTECT, related_name="+")
    blind_label = models.ForeignKey(Label, models.PROTECT, null=True, db_index=False, related_name="+")
    blind_flag = models.CharField(max_length=20, choices=Flag, blank=True)
    label = models.ForeignKey(
        Label, models.PROTECT, verbose_name=_("label"), null=True, db_index=False, related_name="+"
    )
    flag = models.CharField(_("flag"), max_length=20, choices=Flag, blank=True)
    picked_by = models.CharField(_("why it was offered"), max_length=10, choices=PickedBy, blank=True)
    # Most reviewed clips are closed; what is left is counted without looking there. True also for a while
    # after the clip was closed (see ``queue.counts``).
    may_be_open = models.BooleanField(default=True)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "clip", "rater"],
                condition=~Q(rater=""),
                name="current_review_once_per_rater",
            )
        ]
        indexes = [
            # Agreement is computed from this index alone.
            models.Index(
                fields=["task", "clip", "rater", "blind_label", "created"], name="current_review_agreement"
            ),
            models.Index(fields=["task", "rater", "created", "clip"], name="current_review_by_rater"),
            models.Index(
                fields=["task", "rater", "clip"],
                name="current_review_may_be_open",
                condition=Q(may_be_open=True) & ~Q(rater=""),
            ),
        ]

    def __str__(self) -> str:
        return str(self.label or self.get_flag_display())
