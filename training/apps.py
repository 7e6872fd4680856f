from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrainingConfig(AppConfig):
    name = "training"
    verbose_name = _("Training")

    def ready(self) -> None:
        from classifier.pages.clip.sections import register
        from emotion_site.accounts.checklist import Step
        from emotion_site.accounts.checklist import register as add_step
        from emotion_site.serving import recovery
        from training import signals  # noqa: F401  # connects the receivers
        from training.models import TrainingRun
        from training.pages.clip_section import section_context
        from training.recovery import KINDS

        for kind in KINDS:
            recovery.register(kind)
        add_step(
            Step(
                _("Retrain the model"),
                _("It learns from what people decided, and you see whether it is better before it serves."),
                "training:runs",
                TrainingRun.objects.exists,
            )
        )
        register("training/_clip_section.html", section_context)
