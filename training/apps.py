from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrainingConfig(AppConfig):
    name = "training"
    verbose_name = _("Training")

    def ready(self) -> None:
        from classifier.sections import register
        from training import signals  # noqa: F401  # connects the receivers
        from training.clip_section import section_context

        register("training/_clip_section.html", section_context)
