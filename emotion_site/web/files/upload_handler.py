from contextlib import suppress
from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler

from emotion_site.storage.locks import try_lock


class DiskUploadHandler(TemporaryFileUploadHandler):
    """Leaves no temporary file behind when the disk is full; Django's own would wait for the garbage.

    When its process is killed, housekeeping finds the file without a lock.
    """

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        with suppress(OSError):  # without locks it is found by its age
            try_lock(self.file)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        try:
            return super().receive_data_chunk(raw_data, start)
        except OSError:
            with suppress(OSError):
                self.file.close()
            raise
