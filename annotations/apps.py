from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnnotationsConfig(AppConfig):
    name = "annotations"
    verbose_name = _("Reviews and decisions")

    def ready(self) -> None:
        from annotations import signals  # noqa: F401  # connects the receivers
        from annotations.owner_section import section_context
        from classifier.sections import register

        register("annotations/_owner_section.html", section_context)
