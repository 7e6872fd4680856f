"""Keeps libraries from talking to their makers.

Some do as soon as they are imported, so the packages of this project import this module before anything else,
and ``tests/egress`` watches that it is enough. Whatever the environment says, these switches win.
"""

import os

SWITCHES = {
    # It looks a collector up and connects as soon as it is imported, and keeps a number for this machine.
    "ORT_DISABLE_TELEMETRY": "1",
    # Models and data sets come from folders; `import_model --download` alone may lift the first of these.
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    # A thread of its own would ask the hub for a safer form of a checkpoint.
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    # During such a download: neither figures, nor a look for news, nor a protocol that writes logs at home.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "HF_HUB_DISABLE_XET": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
    # What many other libraries agree on.
    "DO_NOT_TRACK": "1",
    "DISABLE_TELEMETRY": "1",
}

os.environ.update(SWITCHES)
