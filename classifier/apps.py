from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = _("Clips and predictions")

    def ready(self) -> None:
        from classifier import checks, signals  # noqa: F401  # registers checks and receivers
        from classifier.clips.recovery import STRANDED_CLIPS
        from classifier.pages.usage_card import card_context
        from emotion_site.accounts.cards import register
        from emotion_site.serving import recovery

        recovery.register(STRANDED_CLIPS)
        register("classifier/_usage_card.html", card_context)
