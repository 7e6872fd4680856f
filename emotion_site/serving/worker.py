"""One worker process: ``python -m emotion_site.serving.worker QUEUE`` runs the tasks of one queue."""

import logging
import os
import sys

import django
from django.core.management import call_command
from django.db import OperationalError

from emotion_site.serving.lifeline import follow_parent

logger = logging.getLogger(__name__)

# A training run may take hours, and ten minutes of sound half a minute; pages and their predictions go first.
NICENESS = {"default": 5, "training": 10}


def main(queue: str) -> None:
    follow_parent()
    os.nice(NICENESS.get(queue, 0))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emotion_site.settings.base")
    django.setup()
    try:
        call_command("db_worker", queue_name=queue, reload=False, startup_delay=False)
    except OperationalError as error:
        # The supervisor starts another worker in a moment, and by then the database may be back.
        logger.error("Database not available queue=%s reason=%s", queue, error)
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
