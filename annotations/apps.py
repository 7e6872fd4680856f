from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AnnotationsConfig(AppConfig):
    name = "annotations"
    verbose_name = _("Reviews and decisions")

    def ready(self) -> None:
        from annotations import signals  # noqa: F401  # connects the receivers
        from annotations.exports.upkeep import STRANDED_EXPORTS
        from annotations.pages.owner_section import section_context
        from annotations.queue.progress import has_labels_coming
        from classifier.pages.clip.sections import register
        from emotion_site.accounts.checklist import Step
        from emotion_site.accounts.checklist import register as add_step
        from emotion_site.serving import recovery

        recovery.register(STRANDED_EXPORTS)
        add_step(
            Step(
                _("Have recordings labelled"),
                _(
                    "Invite reviewers, or import a corpus that others have labelled, at the terminal: "
                    "manage.py import_corpus."
                ),
                "emotion_site:invitations",
                has_labels_coming,
            )
        )
        register("annotations/_owner_section.html", section_context)
