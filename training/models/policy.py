from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from classifier.models import Task

PERCENT = [MinValueValidator(0.0), MaxValueValidator(100.0)]


class GatePolicy(models.Model):
    """What a new version of a task must hold to before it may serve. Drops are percentage points."""

    task = models.OneToOneField(Task, models.CASCADE, verbose_name=_("task"), related_name="gate_policy")
    promotes_by_itself = models.BooleanField(
        _("put a better version into service without asking"), default=False
    )
    recall_drop = models.FloatField(
        _("most that any label's recall may fall"), default=5.0, validators=PERCENT
    )
    accuracy_drop = models.FloatField(_("most that accuracy may fall"), default=1.0, validators=PERCENT)
    noisy_drop = models.FloatField(_("most that accuracy in noise may fall"), default=2.0, validators=PERCENT)
    speed_factor = models.FloatField(
        _("how many times the time per clip it may take"), default=1.5, validators=[MinValueValidator(1.0)]
    )

    class Meta:
        verbose_name = _("gate policy")
        verbose_name_plural = _("gate policies")

    def __str__(self) -> str:
        return str(self.task)


def gate_policy_of(task: Task) -> GatePolicy:
    policy, _created = GatePolicy.objects.get_or_create(task=task)
    return policy
