"""One web process: ``python -m emotion_site.serving.web FD`` serves a listening socket it inherits."""

import gc
import os
import resource
import socket
import sys
import tempfile
from importlib import import_module

import django
import uvicorn
from django.conf import settings

from emotion_site.serving.connections import guarded_protocols
from emotion_site.serving.lifeline import follow_parent

APPLICATION = "emotion_site.asgi"
# Of all addresses together; one that does nothing costs a few KB.
MAX_CONNECTIONS = 4096
# Files that a process opens beside its connections, in the worst case: bodies, databases, decoders.
OTHER_FILES = 512
STOP_WITHIN_S = 3
# Browsers only listen there.
MAX_SOCKET_MESSAGE_BYTES = 4096
# A request makes thousands of objects and drops nearly all of them; Python would look for garbage every 700.
YOUNG_OBJECTS = 20_000
# How long a thread that computes keeps the others waiting, and the event loop among them; Python takes 5 ms.
SWITCH_EVERY_S = 0.001


def main(listening_fd: int) -> None:
    follow_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emotion_site.settings.base")
    django.setup()
    # Django keeps a large body that arrives where Python keeps temporary files, whatever its settings say.
    tempfile.tempdir = str(settings.FILE_UPLOAD_TEMP_DIR)

    from emotion_site.signals import web_process_starting

    web_process_starting.send(sender=None)
    load_what_requests_need()
    sys.setswitchinterval(SWITCH_EVERY_S)
    config = uvicorn.Config(
        f"{APPLICATION}:application",
        **guarded_protocols(per_address=settings.CONNECTIONS_PER_ADDRESS, total=connections_in_all()),
        ws_max_size=MAX_SOCKET_MESSAGE_BYTES,
        log_config=None,  # Django's own settings have already arranged logging
        access_log=False,
        # Django, the API and allauth each count NUM_PROXIES themselves; a second reader of
        # X-Forwarded-For could only disagree with them.
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=15,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=listening_fd)])


def connections_in_all() -> int:
    """As many as may be open, after asking the system for enough open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + OTHER_FILES
    files = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if files > soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(files - OTHER_FILES, files // 2)


def load_what_requests_need() -> None:
    """Import every view, so that no visitor waits for it, and let the garbage collector forget all there is.

    Looking through so many objects that live as long as the process takes it 100 ms, within some request.
    """
    import_module(APPLICATION)
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


if __name__ == "__main__":
    main(int(sys.argv[1]))
