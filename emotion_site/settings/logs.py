"""Where the site's log goes, and what never gets into it."""

from emotion_site.settings import env

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {
        "secrets": {"()": "emotion_site.serving.log_filter.HideSecretPaths"},
        "brief": {"()": "emotion_site.serving.log_filter.BriefRefusals"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["secrets", "brief"],
        }
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # It reports its caches at INFO when a process ends.
        "torch": {"level": "WARNING"},
    },
}
