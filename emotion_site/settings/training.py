"""Limits of the process that trains, so that the site stays responsive beside it."""

import os
from pathlib import Path

from emotion_site.settings import env

# A core is left to requests.
TRAINING_THREADS = env.whole("TRAINING_THREADS", max(1, (os.cpu_count() or 2) - 1), at_least=1)
# 0 sets no limit.
TRAINING_MEMORY_BYTES = env.whole("TRAINING_MEMORY_MB", 6144) * 1024 * 1024
# Recordings of noise with a metadata.csv, for training and for the gate, which else makes its own.
NOISES_DIR = env.folder("NOISES_DIR", Path()) if env.text("NOISES_DIR") else None
# Impulse responses of rooms with a metadata.csv, for training.
ROOMS_DIR = env.folder("ROOMS_DIR", Path()) if env.text("ROOMS_DIR") else None
