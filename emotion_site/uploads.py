from contextlib import suppress

from django.core.files.uploadhandler import TemporaryFileUploadHandler


class DiskUploadHandler(TemporaryFileUploadHandler):
    """Leaves no temporary file behind when the disk is full; Django's own would wait for the garbage."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        try:
            return super().receive_data_chunk(raw_data, start)
        except OSError:
            with suppress(OSError):
                self.file.close()
            raise
