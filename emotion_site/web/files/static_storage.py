from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from whitenoise.storage import CompressedManifestStaticFilesStorage


class BrowserLibrariesFinder(FileSystemFinder):
    """Of the browser libraries, which bring some 30 MB, only the files that the pages load."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        for path, storage in super().list(ignore_patterns):
            if f"{storage.prefix}/{path}" in settings.BROWSER_LIBRARY_FILES:
                yield path, storage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names also inside ``import`` statements, so that modules may be cached for ever."""

    support_js_module_import_aggregation = True
