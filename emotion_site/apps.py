from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.translation import gettext_lazy as _


class EmotionSiteConfig(AppConfig):
    default = True
    name = "emotion_site"
    verbose_name = _("People and access")

    def ready(self) -> None:
        from emotion_site import checks, task_heartbeat  # noqa: F401  # registers checks and receivers


class SiteStaticFilesConfig(StaticFilesConfig):
    # django-htmx brings htmx once more, in modules whose imports name files that it does not bring.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx"]
