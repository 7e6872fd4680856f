from typing import Any

from django.core.management.base import BaseCommand, CommandError

from classifier.inference.exceptions import VersionRefused
from classifier.predictions.registry import register_shipped_model


class Command(BaseCommand):
    help = (
        "Registers the model that ships with the site, and puts it into service if none or an older shipped "
        "one serves."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            version = register_shipped_model()
        except VersionRefused as error:
            hint = "Install the site's files again, or import another model."
            raise CommandError(f"The shipped model is not in service: {error} {hint}") from error
        except OSError as error:
            raise CommandError(f"The shipped model could not be copied: {error.strerror}.") from error
        state = "in service" if version.is_active else "not in service"
        self.stdout.write(f"The shipped model is version {version.number}, {state}.")
