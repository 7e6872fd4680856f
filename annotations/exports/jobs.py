"""Exports that a worker makes: the page waits for them, and they are gone after a day."""

import logging
import shutil
import time
import zipfile
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from annotations.exports.labels import ExportOptions, export_folder
from annotations.models import LabelExport
from emotion_site.exceptions import unavailable
from emotion_site.storage.unfinished import remove_workplaces, workplace
from emotion_site.web.csv import notation_of

logger = logging.getLogger(__name__)

# What an owner withdraws must not lie about in files for long.
KEPT_FOR = timedelta(days=1)
NOTE_EVERY_S = 0.5
PARTIAL = ".export-"

Status = LabelExport.Status


def export_path(export: LabelExport) -> Path:
    """The zip file of a finished export: the table, its manifest and, optionally, the audio."""
    return Path(settings.DATA_DIR) / "exports" / f"{export.pk}.zip"


def make_export(export: LabelExport) -> None:
    """Write the file of an export; may run twice."""
    LabelExport.objects.filter(pk=export.pk).update(status=Status.RUNNING, rows_done=0, error_code="")
    try:
        export.manifest = _write(export)
    except Exception as error:
        outage = unavailable(error)
        code = outage.code if outage else "export_failed"
        LabelExport.objects.filter(pk=export.pk).update(
            status=Status.FAILED, error_code=code, finished_at=timezone.now()
        )
        raise
    rows = export.manifest["rows"]
    kept = LabelExport.objects.filter(pk=export.pk).update(
        status=Status.DONE,
        finished_at=timezone.now(),
        rows_done=rows,
        rows_total=rows,
        manifest=export.manifest,
    )
    if not kept:  # deleted meanwhile, or whoever asked for it may not have it any more
        export_path(export).unlink(missing_ok=True)
    logger.info("Export done export=%s rows=%d kept=%d", export.pk, rows, kept)


def _write(export: LabelExport) -> dict[str, object]:
    target = export_path(export)
    target.parent.mkdir(parents=True, exist_ok=True)
    with workplace(target.parent, PARTIAL) as home:
        folder = home / "labels"
        options = ExportOptions(export.task, export.format, export.since, notation_of(export.language))
        manifest = export_folder(options, folder, progress=ExportProgress(export))
        packed = home / target.name
        with zipfile.ZipFile(packed, "w") as archive:
            for path in sorted(folder.rglob("*")):
                # Sound is compressed already.
                kind = zipfile.ZIP_STORED if path.suffix == ".flac" else zipfile.ZIP_DEFLATED
                archive.write(path, path.relative_to(folder), compress_type=kind)
        shutil.move(packed, target)
    return manifest


class ExportProgress:
    """Notes on the row how far the export is, now and then."""

    def __init__(self, export: LabelExport) -> None:
        self._rows = LabelExport.objects.filter(pk=export.pk)
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + NOTE_EVERY_S
            self._rows.update(rows_done=done, rows_total=total)


def forget_old_exports() -> int:
    """Remove exports of yesterday, files that no row speaks of, and what a killed worker left."""
    old = LabelExport.objects.filter(created__lt=timezone.now() - KEPT_FOR)
    count, _rows = old.delete()
    known = {f"{pk}.zip" for pk in LabelExport.objects.values_list("pk", flat=True)}
    folder = Path(settings.DATA_DIR) / "exports"
    for path in folder.glob("*.zip"):
        if path.name not in known:
            path.unlink(missing_ok=True)
    remove_workplaces(folder, PARTIAL)
    return count
