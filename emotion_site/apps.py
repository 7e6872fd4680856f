from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.translation import gettext_lazy as _
from django_tasks_db.apps import TasksAppConfig


class EmotionSiteConfig(AppConfig):
    default = True
    name = "emotion_site"
    verbose_name = _("People and access")

    def ready(self) -> None:
        # Each registers system checks or receivers.
        from emotion_site.accounts import checklist
        from emotion_site.serving import recovery, task_heartbeat

        recovery.register(task_heartbeat.LOST_TASKS)
        checklist.register(
            checklist.Step(
                _("Say what the site is used for"),
                _("Nobody has said yet what this site is used for."),
                "emotion_site:purpose",
                checklist.purpose_is_declared,
            )
        )
        checklist.register(
            checklist.Step(
                _("Invite people"),
                _("Whoever has an account can record, and share recordings for review."),
                "emotion_site:invitations",
                checklist.others_have_accounts,
            )
        )


class SiteTasksConfig(TasksAppConfig):
    verbose_name = _("Work in the background")  # type: ignore[assignment]  # theirs is not translated


class SiteStaticFilesConfig(StaticFilesConfig):
    # django-htmx brings htmx once more, in modules whose imports name files that it does not bring.
    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "django_htmx"]
