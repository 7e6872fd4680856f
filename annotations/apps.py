from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnnotationsConfig(AppConfig):
    name = "annotations"
    verbose_name = _("Reviews and decisions")

    def ready(self) -> None:
        from annotations import signals  # noqa: F401  # connects the receivers
