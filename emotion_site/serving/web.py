"""One web process: ``python -m emotion_site.serving.web FD`` answers on a listening socket it inherits."""

import os
import socket
import sys
import tempfile

import django
import uvicorn
from django.conf import settings

from emotion_site.serving.connection import GuardedConnection
from emotion_site.serving.lifeline import follow_parent

# More connections than this at once are answered with 503 instead of slowing each other down.
MAX_CONNECTIONS = 512
STOP_WITHIN_S = 3
# Browsers only listen there.
MAX_SOCKET_MESSAGE_BYTES = 4096


def main(listening_fd: int) -> None:
    follow_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emotion_site.settings.base")
    django.setup()
    # Django keeps a large body that arrives where Python keeps temporary files, whatever its settings say.
    tempfile.tempdir = str(settings.FILE_UPLOAD_TEMP_DIR)

    from emotion_site.signals import web_process_starting

    web_process_starting.send(sender=None)
    config = uvicorn.Config(
        "emotion_site.asgi:application",
        http=GuardedConnection,
        ws="websockets-sansio",
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
        log_config=None,  # Django's own settings have already arranged logging
        access_log=False,
        # Django, the API and allauth each count NUM_PROXIES themselves; a second reader of
        # X-Forwarded-For could only disagree with them.
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=listening_fd)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
