from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from annotations.models.review import PickedBy
from classifier.models import Clip, Label, ModelVersion, Task

PERCENT = [MaxValueValidator(100)]


class ReviewPolicy(models.Model):
    """How the clips of a task are reviewed."""

    class Order(models.TextChoices):
        MARGIN = "margin", _("least sure first: two labels are close")
        ENTROPY = "entropy", _("least sure first: many labels are possible")
        OLDEST = "oldest", _("oldest first")

    task = models.OneToOneField(Task, models.CASCADE, verbose_name=_("task"), related_name="review_policy")
    reviewers_needed = models.PositiveSmallIntegerField(
        _("reviewers per clip"), default=1, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    doubled_percent = models.PositiveSmallIntegerField(
        _("percentage of clips that one more person reviews"), default=20, validators=PERCENT
    )
    random_percent = models.PositiveSmallIntegerField(
        _("percentage of clips drawn at random"), default=20, validators=PERCENT
    )
    order = models.CharField(_("order of the others"), max_length=10, choices=Order, default=Order.MARGIN)
    is_blind = models.BooleanField(_("hide the prediction until the answer"), default=True)
    takes_shared_clips = models.BooleanField(_("review the clips that people share"), default=False)

    class Meta:
        verbose_name = _("review policy")
        verbose_name_plural = _("review policies")
        constraints = [
            models.CheckConstraint(
                condition=Q(reviewers_needed__gte=1, reviewers_needed__lte=3), name="one_to_three_reviewers"
            ),
            models.CheckConstraint(
                condition=Q(doubled_percent__lte=100, random_percent__lte=100), name="percentages_of_policy"
            ),
        ]

    def __str__(self) -> str:
        return str(self.task)


class QueueEntry(models.Model):
    """A clip's place in the queue of a task, and who holds it at the moment."""

    clip = models.ForeignKey(Clip, models.CASCADE, verbose_name=_("clip"), related_name="queue_entries")
    task = models.ForeignKey(
        Task, models.CASCADE, verbose_name=_("task"), db_index=False, related_name="queue_entries"
    )
    # Copies, so that finding the next clip reads this table alone for most rows.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), null=True, related_name="+"
    )
    last_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("last reviewer"),
        null=True,
        db_index=False,
        related_name="+",
    )
    # Drawn once: a clip keeps its chance whatever becomes of the policy.
    is_random = models.BooleanField(_("drawn at random"), default=False)
    overlap_draw = models.FloatField(
        _("draw for one more review"), help_text=_("From 0 to 1; one more review is needed below the share")
    )
    priority = models.FloatField(_("priority"), default=0.0)
    has_objection = models.BooleanField(_("owner objected"), default=False)
    needed = models.PositiveSmallIntegerField(_("reviews needed"), default=1)
    given = models.PositiveSmallIntegerField(_("reviews given"), default=0)
    is_open = models.BooleanField(_("open"), default=True, help_text=_("More reviews are wanted"))
    leased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("held by"),
        null=True,
        blank=True,
        related_name="+",
    )
    leased_until = models.DateTimeField(_("held until"), null=True, blank=True)
    prediction_shown = models.BooleanField(
        _("prediction was shown"), default=False, help_text=_("To the person who holds the clip")
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("queue entry")
        verbose_name_plural = _("queue entries")
        constraints = [
            models.UniqueConstraint(fields=["clip", "task"], name="one_queue_entry_per_clip_and_task"),
            models.CheckConstraint(
                condition=Q(leased_by__isnull=True) | Q(leased_until__isnull=False), name="lease_has_an_end"
            ),
        ]
        indexes = [
            models.Index(
                F("task"),
                F("is_random"),
                F("priority").desc(),
                F("id"),
                name="queue_next",
                condition=Q(is_open=True),
            ),
            # How many clips wait for somebody is counted in this index alone.
            models.Index(
                fields=["task", "owner", "given", "clip"], name="queue_open", condition=Q(is_open=True)
            ),
            # How many others are at work is asked before each prefetch.
            models.Index(
                fields=["task", "leased_until"],
                name="queue_leased",
                condition=Q(leased_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.clip_id)

    @property
    def picked_by(self) -> PickedBy:
        if self.is_random:
            return PickedBy.RANDOM
        return PickedBy.OBJECTION if self.has_objection else PickedBy.UNCERTAIN


class OfferedClip(models.Model):
    """The queue offered a clip to a reviewer once, so their review is taken however late it comes."""

    entry = models.ForeignKey(QueueEntry, models.CASCADE, db_index=False, related_name="offers")
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("reviewer"), related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "reviewer"], name="clip_offered_once")]

    def __str__(self) -> str:
        return str(self.entry_id)


class Objection(models.Model):
    """An owner's objection to a prediction. It may raise the clip's priority and decides nothing."""

    clip = models.ForeignKey(Clip, models.CASCADE, verbose_name=_("clip"), related_name="objections")
    task = models.ForeignKey(Task, models.PROTECT, verbose_name=_("task"), db_index=False, related_name="+")
    model_version = models.ForeignKey(
        ModelVersion, models.PROTECT, verbose_name=_("model version"), null=True, related_name="+"
    )
    predicted_label = models.ForeignKey(
        Label, models.PROTECT, verbose_name=_("predicted label"), null=True, related_name="+"
    )
    wished_label = models.ForeignKey(
        Label, models.PROTECT, verbose_name=_("wished label"), null=True, blank=True, related_name="+"
    )
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    created = models.DateTimeField(_("created"), auto_now=True)

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        constraints = [
            models.UniqueConstraint(fields=["clip", "task"], name="one_objection_per_clip_and_task")
        ]

    def __str__(self) -> str:
        return str(self.wished_label or "-")
