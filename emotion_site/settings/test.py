"""Settings of the tests: the same site, made faster, in a folder of its own."""

import atexit
import os
import shutil
import tempfile

# Before `base` is read: its defaults for files and the database follow DATA_DIR.
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="emotion-test-")
os.environ.setdefault("SECRET_KEY", "only for tests")
os.environ.setdefault("TIME_ZONE", "UTC")

from emotion_site.settings.base import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # In memory, connections do not wait for each other as those of the site do.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}  # noqa: F405
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_RATE_LIMITS = False

atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)  # noqa: F405
