"""Training runs explained to people without a background in machine learning."""

import math
from datetime import UTC, date, datetime, time

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from training.models import TrainingRun
from training.runs.stages import BY_NAME

Mode = TrainingRun.Mode

MODES = {
    Mode.HEAD: gettext_lazy(
        "It keeps how the model hears and relearns only how it decides. Start with this one."
    ),
    Mode.TOP: gettext_lazy("It also changes the last layers. Worth trying with a thousand clips or more."),
    Mode.FULL: gettext_lazy("It changes nearly everything. Only with many thousands of clips, overnight."),
}
DAMAGED_START = gettext_lazy(
    "The files of the version to start from are damaged or gone. Choose another one to start from."
)
PROBLEMS = {
    "storage_full": gettext_lazy(
        "The disk has too little space for training. Free some space, then start again."
    ),
    "out_of_memory": gettext_lazy(
        "Training needs more memory than it may use. Choose a smaller mode, or allow it more memory."
    ),
    "process_killed": gettext_lazy(
        "The system kept killing the training process, most likely because it ran out of memory."
    ),
    "worker_lost": gettext_lazy("The worker stopped several times. Check the log, then start again."),
    "snapshot_altered": gettext_lazy(
        "A file of the snapshot was altered, so nothing was learned from it. Freeze a new snapshot."
    ),
    "snapshot_missing": gettext_lazy("The snapshot's files are gone. Freeze a new snapshot."),
    "one_label": gettext_lazy(
        "Only one label has clips to learn from. Have more clips decided, then freeze again."
    ),
    "export_differs": gettext_lazy(
        "The exported model does not predict what the trained one does, so it was refused. Start again."
    ),
    "wrong_labels": gettext_lazy("The labels of the snapshot or of the new version differ from the task's."),
    "not_ready": gettext_lazy("The files of the version to start from were deleted. Choose another one."),
    "altered_file": DAMAGED_START,
    "missing_file": gettext_lazy(
        "A file of the snapshot or of the version to start from is missing. Freeze a new snapshot, or "
        "choose another version."
    ),
    "missing_folder": DAMAGED_START,
    "unlisted_file": DAMAGED_START,
    "unreadable_weights": DAMAGED_START,
    "incomplete_weights": DAMAGED_START,
    "empty_split": gettext_lazy(
        "No clip is left for learning or for validation. Have clips of at least five voices decided, or "
        "import a corpus, then freeze again."
    ),
    "unreadable_audio": gettext_lazy(
        "The sound of a clip could not be read. Freeze a new snapshot, which leaves such clips out."
    ),
    "cache_not_writable": gettext_lazy(
        "The sound could not be stored on disk while training. Check that the disk is writable and has "
        "space, then start again."
    ),
    "no_metadata": gettext_lazy(
        "The folder of noises or rooms has no table of its files. Correct it, or train without the folder."
    ),
    "too_few_layers": gettext_lazy("The model has fewer layers than you asked to train. Choose fewer."),
    "weighted_layers": gettext_lazy("This model cannot be trained in part. Choose to train the whole model."),
    "diverged": gettext_lazy(
        "Learning got out of hand and was stopped. Start again with a smaller learning rate or only the head."
    ),
    "training_failed": gettext_lazy(
        "Training failed for an unknown reason; the log below says more. Start again, or choose a smaller "
        "mode."
    ),
    "busy": gettext_lazy("The database could not be reached. Start again."),
    "internal": gettext_lazy(
        "Something went wrong in the site itself; its log says what. Start again. If it happens again, tell "
        "whoever runs the site."
    ),
    "changed_meanwhile": gettext_lazy(
        "Another version came into service meanwhile, so this one waits for your decision."
    ),
}


def problem_of(run: TrainingRun) -> str:
    """Why a run failed or stopped, and what to do; an unknown code shows its stored detail."""
    if not run.error_code:
        return ""
    known = PROBLEMS.get(run.error_code)
    return str(known) if known else run.error_detail or _("It failed; the log says why. Try again.")


def stage_of(run: TrainingRun) -> str:
    if run.state == TrainingRun.State.QUEUED:
        return _("Waiting for the worker")
    return str(BY_NAME[run.stage].text) if run.stage in BY_NAME else _("The training begins")


def local_log(run: TrainingRun, *, most: int) -> list[str]:
    """The last lines of a run's log, with times in the time zone of the site.

    The worker notes hours, minutes and seconds in UTC.
    """
    return [_at_local_time(line, run.created.date()) for line in run.log[-most:]]


def _at_local_time(line: str, day: date) -> str:
    try:
        noted = datetime.combine(day, time.fromisoformat(line[:8]), tzinfo=UTC)
    except ValueError:
        return line
    return f"{timezone.localtime(noted):%H:%M:%S}{line[8:]}"


def duration_text(seconds: float) -> str:
    """Rounded, as an estimate: ``about 3 minutes``."""
    minutes = math.ceil(seconds / 60)
    if minutes < 2:
        return _("about a minute")
    if minutes < 120:
        return ngettext("about %(count)d minute", "about %(count)d minutes", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    return ngettext("about %(count)d hour", "about %(count)d hours", hours) % {"count": hours}
