from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = _("Clips and predictions")

    def ready(self) -> None:
        from classifier import checks, signals  # noqa: F401  # registers checks and receivers
