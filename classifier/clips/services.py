"""Every change of a clip's state. Pages, API, commands and workers call these and nothing else."""

import hashlib
import logging
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from classifier import tasks
from classifier.audio.quarantine.pool import Decoded
from classifier.audio.waveform import Waveform
from classifier.clips import quotas, storage, uploads
from classifier.clips.retention import undo_window
from classifier.clips.titles import Note, title_from_name
from classifier.events import clips_changed
from classifier.inference.exceptions import EngineError
from classifier.models import Clip, IdempotencyKey, Prediction
from classifier.predictions import predictor
from classifier.predictions.storing import keep_prediction
from classifier.querysets import ClipQuerySet
from emotion_site.exceptions import UserError
from emotion_site.models import User

logger = logging.getLogger(__name__)

SHARING = ("shared_for_review", "shared_for_training")


@dataclass(frozen=True)
class Submission:
    """What came of an upload: the clip, whether it is new, and what its owner should know."""

    clip: Clip
    created: bool
    prediction: Prediction | None = None
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Wishes:
    """What the owner says about a clip beside its sound. None follows the owner's settings."""

    title: str = ""
    speaker: str = ""
    shared_for_review: bool | None = None
    shared_for_training: bool | None = None


def submit_clip(
    *,
    owner: User,
    file: "File[bytes] | None",
    source: str,
    wishes: Wishes | None = None,
    idempotency_key: str = "",
) -> Submission:
    """Decode, store and predict one recording; the only way in.

    The clip comes back with its prediction, or waiting for a worker when that would take long.
    Raises UserError, and then neither a row nor a file is left.
    """
    wishes = wishes or Wishes()
    with uploads.places().one(owner.pk):
        data = uploads.read_upload(file)
        digest = hashlib.sha256(data).hexdigest() if idempotency_key else ""
        if idempotency_key and (repeated := _find_repeated(owner, idempotency_key, digest)):
            return repeated
        quotas.require_quota(owner)
        predictor.require_capacity()
        decoded, coming = _decode_and_begin(owner, data)
        del data  # as large as the upload, and the prediction may have to wait
    title, notes = title_from_name(file.name if file else "")
    clip = _new_clip(owner, decoded, source, wishes, title)
    try:
        _store(owner, clip, decoded, IdempotencyKey(owner=owner, key=idempotency_key, upload_digest=digest))
    except IntegrityError:
        # The key or the recording is there already. Asking first would cost every new clip a query.
        if repeated := _find_repeated(owner, idempotency_key, digest):
            return repeated
        if duplicate := _find_duplicate(owner, decoded):
            _remember_key(owner, idempotency_key, digest, duplicate.clip)
            return duplicate
        raise
    logger.info("Stored clip=%s owner=%s source=%s seconds=%.2f", clip.pk, owner.pk, source, clip.duration_s)
    return Submission(clip, created=True, prediction=_kept_now_or_later(clip, coming), notes=notes)


def _decode_and_begin(owner: User, data: bytes) -> tuple[Decoded, predictor.Answer | None]:
    """The engine works as soon as there is sound, beside quality, FLAC, disk and database.

    What is refused later, or a duplicate, costs one answer that nobody reads.
    """
    coming: predictor.Answer | None = None

    def begin(waveform: Waveform) -> None:
        nonlocal coming
        coming = predictor.begin_in_time(waveform, person=owner.pk)

    decoded = uploads.decode(data, begin)
    return decoded, coming


def _find_repeated(owner: User, key: str, digest: str) -> Submission | None:
    """The clip that this idempotency key already made."""
    known = IdempotencyKey.objects.filter(owner=owner, key=key).first() if key else None
    if known is None:
        return None
    if known.upload_digest != digest:
        raise UserError(
            "idempotency_mismatch",
            _("This Idempotency-Key was used for another file. Use a new key for each recording."),
            status=422,
        )
    clip = Clip.objects.visible_to(owner).filter(pk=known.clip_id).first()
    if clip is None:
        raise UserError("clip_deleted", _("The clip that this key made was deleted."), status=409)
    return Submission(clip, created=False)


def _remember_key(owner: User, key: str, digest: str, clip: Clip) -> None:
    """The key stands for this clip from now on, although the upload made none."""
    if key:
        row = IdempotencyKey(owner=owner, key=key, upload_digest=digest, clip_id=clip.pk)
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)


def _find_duplicate(owner: User, decoded: Decoded) -> Submission | None:
    clip = Clip.objects.visible_to(owner).filter(checksum=decoded.checksum).first()
    if clip is None:
        return None
    note = {"code": "duplicate", "detail": _("You already have this recording; here is the first one.")}
    if decoded.quality.in_doubt:
        # Not kept: the first file may well have said the truth about the same sound, this one did not.
        clip.quality = decoded.quality.as_dict()
    return Submission(clip, created=False, notes=[note])


def _new_clip(owner: User, decoded: Decoded, source: str, wishes: Wishes, title: str) -> Clip:
    def wish(value: bool | None, default: bool) -> bool:
        return default if value is None else value

    pk = uuid4()
    return Clip(
        pk=pk,
        owner=owner,
        title=wishes.title.strip() or title,
        speaker=wishes.speaker.strip(),
        source=source,
        audio=storage.name_for(pk),
        stored_bytes=len(decoded.flac),
        checksum=decoded.checksum,
        duration_s=decoded.quality.duration_s,
        quality=decoded.quality.as_dict(),
        peaks=decoded.peaks,
        shared_for_review=wish(wishes.shared_for_review, owner.share_for_review),
        shared_for_training=wish(wishes.shared_for_training, owner.share_for_training),
    )


def _store(owner: User, clip: Clip, decoded: Decoded, key: IdempotencyKey) -> None:
    """Write file and row together or not at all."""
    with storage.written(storage.name_for(clip.pk), decoded.flac), transaction.atomic():
        clip.save(force_insert=True)
        quotas.charge(owner, clip.stored_bytes)
        if key.key:
            key.clip_id = clip.pk
            key.save(force_insert=True)


def _kept_now_or_later(clip: Clip, coming: predictor.Answer | None) -> Prediction | None:
    """Keep the prediction that is on its way, else leave the clip to a worker."""
    if coming:
        try:
            # An answer that comes later than was expected is dropped; the worker's counts.
            return keep_prediction(clip, *coming.result(timeout=settings.ANSWER_WITHIN_SECONDS))
        except (EngineError, TimeoutError) as error:
            reason = error.code if isinstance(error, EngineError) else "late"
            logger.warning("Left clip=%s to a worker reason=%s", clip.pk, reason)
    tasks.hand_to_worker(clip)
    return None


@transaction.atomic
def retry_clip(*, clip: Clip) -> None:
    """Give a clip whose prediction failed to a worker once more."""
    if clip.status == Clip.Status.FAILED:
        clip.status, clip.error_code = Clip.Status.WAITING, ""
        clip.save(update_fields=["status", "error_code"])
        tasks.hand_to_worker(clip)


def rename_clip(*, clip: Clip, title: str) -> None:
    clip.title = " ".join(title.split())[: Clip._meta.get_field("title").max_length]
    clip.save(update_fields=["title", "folded_title"])


def name_speaker(*, clip: Clip, speaker: str) -> None:
    """Say who is heard; an empty name stands for the owner."""
    clip.speaker = " ".join(speaker.split())[: Clip._meta.get_field("speaker").max_length]
    clip.save(update_fields=["speaker"])


@transaction.atomic
def set_sharing(*, clip: Clip, review: bool | None = None, training: bool | None = None) -> None:
    """Say who may use a clip; withdrawing takes effect at once.

    None leaves a switch as it is, even if somebody turned it since ``clip`` was read.
    """
    now = Clip.objects.select_for_update().only(*SHARING).get(pk=clip.pk)
    clip.shared_for_review = now.shared_for_review if review is None else review
    clip.shared_for_training = now.shared_for_training if training is None else training
    clip.save(update_fields=SHARING)
    logger.info(
        "Sharing of clip=%s review=%s training=%s", clip.pk, clip.shared_for_review, clip.shared_for_training
    )


@transaction.atomic
def share_clips(*, clips: ClipQuerySet, review: bool, training: bool) -> int:
    """Say of many clips who may use them; how many there were."""
    ids = list(clips.present().values_list("pk", flat=True))
    Clip.objects.filter(pk__in=ids).update(shared_for_review=review, shared_for_training=training)
    clips_changed.send(sender=Clip, clip_ids=ids)
    logger.info("Sharing of clips count=%d review=%s training=%s", len(ids), review, training)
    return len(ids)


def delete_clips(*, clips: ClipQuerySet) -> list[UUID]:
    """Hide clips at once and remove them for good when the time for undo is over."""
    with transaction.atomic():
        ids = list(clips.present().values_list("pk", flat=True))
        Clip.objects.filter(pk__in=ids).update(deleted_at=timezone.now())
        clips_changed.send(sender=Clip, clip_ids=ids)
        when = timezone.now() + undo_window()
        transaction.on_commit(lambda: tasks.purge_deleted.using(run_after=when).enqueue())
    logger.info("Deleted clips count=%d", len(ids))
    return ids


def restore_clips(*, owner: User, clip_ids: list[UUID]) -> int:
    """Undo a deletion. Raises UserError when it is too late."""
    deleted_since = timezone.now() - undo_window()
    clips = Clip.objects.undoable_by(owner).filter(pk__in=clip_ids, deleted_at__gt=deleted_since)
    try:
        with transaction.atomic():
            ids = list(clips.values_list("pk", flat=True))
            restored = Clip.objects.filter(pk__in=ids).update(deleted_at=None)
            clips_changed.send(sender=Clip, clip_ids=ids)
    except IntegrityError:
        detail = _("You uploaded the same recording again meanwhile, so there is nothing to bring back.")
        raise UserError("duplicate", detail, status=409) from None
    # A second press of the button finds the clips where they belong.
    if restored == 0 and not Clip.objects.visible_to(owner).filter(pk__in=clip_ids).exists():
        raise UserError("too_late", _("It is too late to undo; the recording is gone."), status=410)
    logger.info("Restored clips count=%d", restored)
    return restored
