from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from annotations.models.append_only import AppendOnlyModel
from annotations.models.review import Flag
from classifier.models import Clip, Label, Task


class State(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("review", "waiting")
    IN_REVIEW = "in_review", pgettext_lazy("review", "in review")
    CONFLICTING = "conflicting", pgettext_lazy("review", "conflicting")
    DECIDED = "decided", pgettext_lazy("review", "decided")
    EXCLUDED = "excluded", pgettext_lazy("review", "excluded")


class How(models.TextChoices):
    SINGLE = "single", _("one review")
    CONSENSUS = "consensus", _("consensus")
    ADJUDICATED = "adjudicated", _("adjudicated")
    IMPORTED = "imported", pgettext_lazy("decision", "imported")


class Decision(models.Model):
    """The state of a clip in a task, and its label once decided."""

    State = State
    How = How

    clip = models.ForeignKey(Clip, models.CASCADE, verbose_name=_("clip"), related_name="decisions")
    task = models.ForeignKey(
        Task, models.PROTECT, verbose_name=_("task"), db_index=False, related_name="decisions"
    )
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    label = models.ForeignKey(
        Label, models.PROTECT, verbose_name=_("label"), null=True, blank=True, related_name="+"
    )
    flag = models.CharField(
        _("flag"), max_length=20, choices=Flag, blank=True, help_text=_("Why it is excluded")
    )
    how = models.CharField(_("how it was decided"), max_length=12, choices=How, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    # The queue keeps this in step with the clip, so that 100,000 decisions are counted from an index.
    is_withdrawn = models.BooleanField(_("withdrawn"), default=False)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(fields=["clip", "task"], name="one_decision_per_clip_and_task"),
            models.CheckConstraint(
                condition=Q(state=State.DECIDED, label__isnull=False, flag="")
                | Q(state=State.EXCLUDED, label__isnull=True) & ~Q(flag="")
                | Q(
                    state__in=[State.WAITING, State.IN_REVIEW, State.CONFLICTING], label__isnull=True, flag=""
                ),
                name="decision_label_fits_state",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "is_withdrawn", "state"], name="decision_by_state"),
            # The examples of the review page are the last ones.
            models.Index(fields=["task", "how", "-decided_at"], name="decision_by_how"),
        ]

    def __str__(self) -> str:
        return str(self.label or self.get_state_display())

    @property
    def is_settled(self) -> bool:
        """No more reviews are needed."""
        return self.state in (State.DECIDED, State.EXCLUDED)


class DecisionChange(AppendOnlyModel):
    """Every step of a decision, for the clip's history."""

    clip = models.ForeignKey(
        Clip, models.DO_NOTHING, verbose_name=_("clip"), db_constraint=False, related_name="decision_changes"
    )
    task = models.ForeignKey(Task, models.PROTECT, verbose_name=_("task"), db_index=False, related_name="+")
    state = models.CharField(_("state"), max_length=12, choices=State)
    label = models.ForeignKey(
        Label,
        models.PROTECT,
        verbose_name=_("label"),
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    flag = models.CharField(_("flag"), max_length=20, choices=Flag, blank=True)
    how = models.CharField(_("how it was decided"), max_length=12, choices=How, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        related_name="+",
    )
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    created = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("change of a decision")
        verbose_name_plural = _("changes of decisions")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.label or self.get_state_display())
