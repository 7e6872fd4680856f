"""The snapshot's files as a run learns from them: written to the end, checked, and kept in its own folder."""

from pathlib import Path

from emotion_site.counted import counted
from emotion_site.storage.atomic_write import new_folder
from training.datasets.erasing import erase_withdrawn, sync_folder
from training.datasets.snapshot_folder import ensure_written, link_snapshot, require_files, verify_snapshot
from training.exceptions import SnapshotRefused
from training.models import Snapshot
from training.runs.progress import LeaseLost, RunProgress
from training.runs.stages import CHECKING, overall_progress

SNAPSHOT, UPDATE_EVERY = "snapshot", 500


def checked_files(snapshot: Snapshot, progress: RunProgress, work: Path) -> Path:
    """A folder with the snapshot's files, which stay there for as long as the run learns from them."""
    folder = work / SNAPSHOT
    if folder.is_dir():
        return folder
    ensure_written(snapshot, lambda: _may_continue(progress))
    progress.raise_if_cancelled()
    while True:
        erase_withdrawn(snapshot)
        sync_folder(snapshot)
        snapshot.refresh_from_db()
        erased = snapshot.n_erased
        require_files(snapshot)
        try:
            with new_folder(folder) as partial:
                link_snapshot(snapshot, partial)
                verify_snapshot(snapshot, partial, lambda done, total: _update(progress, done, total))
            break
        except (SnapshotRefused, OSError):
            snapshot.refresh_from_db()
            # Otherwise a clip was withdrawn just now.
            if snapshot.n_erased == erased:
                raise
    progress.log(f"Checked {counted(snapshot.n_clips - erased, 'clip')} of {snapshot}; taken back: {erased}.")
    return folder


def _update(progress: RunProgress, done: int, total: int) -> None:
    if done % UPDATE_EVERY == 0:
        trained = progress.run.hyperparameters["trained"]
        progress.update(stage=CHECKING, progress=overall_progress(CHECKING, done / total, trained))
        progress.raise_if_cancelled()


def _may_continue(progress: RunProgress) -> bool:
    """Called while the snapshot is being written; also renews the lease."""
    try:
        progress.update(stage=CHECKING)
    except LeaseLost:
        return False
    return not progress.is_cancel_requested()
