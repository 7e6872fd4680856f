"""A child process that ends when its parent does, however the parent ended.

The parent holds the other end of the child's standard input and never writes to it. The system
closes that end even when the parent is killed with -9, and then the child reads the end of the file.
"""

import os
import signal
import threading
import time

# How long an orphan may go on with what it is doing: its task will be found and run again.
GRACE_S = 4.0


def follow_parent() -> None:
    """Stop this process soon after its parent is gone."""
    threading.Thread(target=_wait_for_parent, name="lifeline", daemon=True).start()


def _wait_for_parent() -> None:
    # Not sys.stdin: its lock would be held at exit, which Python ends with an error.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)
