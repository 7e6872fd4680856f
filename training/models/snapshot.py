from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from classifier.models import Clip, Label, Task
from training.querysets import SnapshotClipQuerySet, SnapshotQuerySet


class SpeakerSplit(models.Model):
    """The permanent split of a speaker, and the pseudonym under which they are exported.

    ``name`` is what the owner calls the speaker, empty for the owner; voices of a corpus keep the split
    that came with them and have no row here.
    """

    task = models.ForeignKey(Task, models.CASCADE, verbose_name=_("task"), related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"), related_name="+"
    )
    name = models.CharField(_("name"), max_length=80, blank=True)
    pseudonym = models.CharField(_("pseudonym"), max_length=80, unique=True)
    split = models.CharField(_("split"), max_length=10, choices=Clip.Split)

    class Meta:
        verbose_name = _("split of a speaker")
        verbose_name_plural = _("splits of speakers")
        constraints = [
            models.UniqueConstraint(fields=["task", "owner", "name"], name="speaker_split_once_per_task")
        ]

    def __str__(self) -> str:
        return self.pseudonym


class Snapshot(models.Model):
    """A frozen data set: which clips, with which label, in which split. Rows first; a worker writes files."""

    class State(models.TextChoices):
        WRITING = "writing", pgettext_lazy("snapshot", "being written")
        READY = "ready", pgettext_lazy("snapshot", "ready")
        FAILED = "failed", pgettext_lazy("snapshot", "failed")

    task = models.ForeignKey(Task, models.PROTECT, verbose_name=_("task"), related_name="snapshots")
    number = models.PositiveIntegerField(_("number"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WRITING)
    checksum = models.CharField(_("checksum"), max_length=64)
    labels = models.JSONField(_("labels"), help_text=_("Keys of the task's labels, in their order"))
    options = models.JSONField(_("options"), default=dict)
    n_clips = models.PositiveIntegerField(_("clips"))
    n_erased = models.PositiveIntegerField(_("clips taken back"), default=0)
    seconds = models.JSONField(_("seconds"), default=dict, help_text=_("Of sound, per split"))
    counts = models.JSONField(_("clips per split"), default=dict, help_text=_("Clips per split and label"))
    warnings = models.JSONField(_("warnings"), default=list)
    error_code = models.CharField(_("code of the error"), max_length=40, blank=True)
    clips_written = models.PositiveIntegerField(_("clips written"), default=0)
    heartbeat = models.DateTimeField(
        _("last sign of life"), null=True, blank=True, help_text=_("Last sign of life of its writer")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        related_name="+",
    )
    created = models.DateTimeField(_("created"), auto_now_add=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        ordering = ["task", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="snapshot_number_once_per_task"),
            # One that lost a clip to its owner may be frozen again when the clip is shared again.
            models.UniqueConstraint(
                fields=["task", "checksum"],
                condition=Q(n_erased=0) & ~Q(state="failed"),
                name="snapshot_checksum_once_per_task",
            ),
        ]

    def __str__(self) -> str:
        return gettext("snapshot %(number)d") % {"number": self.number}

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY

    @property
    def percent(self) -> int:
        return 100 if self.is_ready else 100 * self.clips_written // max(1, self.n_clips)

    @property
    def folder(self) -> Path:
        """Where its files are, in the layout that the datasets library calls audiofolder."""
        return Path(settings.DATA_DIR) / "snapshots" / self.task.slug / str(self.number)


class SnapshotClip(models.Model):
    """One clip of a snapshot as it was decided then. The row stays when the clip goes."""

    snapshot = models.ForeignKey(
        Snapshot, models.CASCADE, verbose_name=_("snapshot"), db_index=False, related_name="clips"
    )
    # A snapshot remembers clips that are gone, so the database must not ask for the clip.
    clip = models.ForeignKey(
        Clip, models.DO_NOTHING, verbose_name=_("clip"), db_constraint=False, related_name="snapshot_clips"
    )
    label = models.ForeignKey(Label, models.PROTECT, verbose_name=_("label"), related_name="+")
    how = models.CharField(_("how it was decided"), max_length=12, help_text=_("How the label was decided"))
    soft_labels = models.JSONField(
        _("shares of the labels"), help_text=_("Share of the reviewers per label, in the labels' order")
    )
    speaker = models.CharField(_("speaker"), max_length=80)
    split = models.CharField(_("split"), max_length=10, choices=Clip.Split)
    duration_s = models.FloatField(_("length in seconds"))
    waveform_sha256 = models.CharField(_("SHA-256 of the waveform"), max_length=64)
    file = models.CharField(_("file"), max_length=80, blank=True, help_text=_("Below the snapshot's folder"))
    file_sha256 = models.CharField(_("SHA-256 of the file"), max_length=64, blank=True)
    erased = models.BooleanField(
        _("taken back"), default=False, help_text=_("Deleted or withdrawn by its owner")
    )
    erased_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    objects = SnapshotClipQuerySet.as_manager()

    class Meta:
        verbose_name = _("clip of a snapshot")
        verbose_name_plural = _("clips of snapshots")
        # By key: the rows of clips that are gone would fall out of a join.
        ordering = ["snapshot_id", "split", "waveform_sha256", "clip_id"]
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "clip"], name="clip_once_per_snapshot"),
        ]

    def __str__(self) -> str:
        return str(self.clip_id)

    @property
    def shares(self) -> list[str]:
        """The soft labels as they are written: six decimals."""
        return [f"{share:.6f}" for share in self.soft_labels]
