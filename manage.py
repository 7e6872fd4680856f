#!/usr/bin/env python
"""Django's command line for the Emotion site."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError


def main() -> None:
    """Run a command; what can be mended at the terminal is told in a sentence instead of a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emotion_site.settings.base")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"error: {error}")
    except (OperationalError, ProgrammingError) as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"error: The database cannot be used: {error}. Perhaps `manage.py migrate` was not run yet.")


if __name__ == "__main__":
    main()
