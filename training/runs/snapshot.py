"""The snapshot's files as a run learns from them: written to the end, checked, and kept in their place."""

import shutil
from pathlib import Path

from emotion_site.counted import counted
from training.datasets.erasing import erase_withdrawn, sync_folder
from training.datasets.files import finish_writing, link_snapshot, require_files, verify_snapshot
from training.exceptions import SnapshotRefused
from training.models import Snapshot
from training.runs.progress import RunLost, RunRow
from training.runs.supervise import Cancelled

SNAPSHOT, LOOK_EVERY = "snapshot", 500


def checked_files(snapshot: Snapshot, row: RunRow, work: Path) -> Path:
    """The snapshot's files in a place where they stay for as long as the run learns from them."""
    place, partial = work / SNAPSHOT, work / f".{SNAPSHOT}"
    if place.is_dir():
        return place
    finish_writing(snapshot, lambda: _goes_on(row))
    require_wanted(row)
    while True:
        erase_withdrawn(snapshot)
        sync_folder(snapshot)
        snapshot.refresh_from_db()
        erased = snapshot.n_erased
        require_files(snapshot)
        shutil.rmtree(partial, ignore_errors=True)
        try:
            link_snapshot(snapshot, partial)
            verify_snapshot(snapshot, partial, lambda done, total: _checked(row, done / total, done))
            break
        except (SnapshotRefused, OSError):
            snapshot.refresh_from_db()
            # Otherwise a clip was taken back in this moment.
            if snapshot.n_erased == erased:
                raise
    partial.rename(place)
    row.say(f"Checked {counted(snapshot.n_clips - erased, 'clip')} of {snapshot}; taken back: {erased}.")
    return place


def _checked(row: RunRow, share: float, done: int) -> None:
    if done % LOOK_EVERY == 0:
        row.note(stage="checking", progress=0.02 * share)
        require_wanted(row)


def require_wanted(row: RunRow) -> None:
    if row.wants_to_stop():
        raise Cancelled


def _goes_on(row: RunRow) -> bool:
    """A sign of life, while the snapshot is being written."""
    try:
        row.note(stage="checking")
    except RunLost:
        return False
    return not row.wants_to_stop()
