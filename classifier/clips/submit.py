"""The way in of a recording: decoded, stored and predicted. Page and API call nothing else."""

import hashlib
import logging
from dataclasses import dataclass, field
from uuid import uuid4

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from classifier import tasks
from classifier.audio.quarantine.decoding_job import Decoded
from classifier.clips import quotas, storage, uploads
from classifier.clips.titles import Note, title_from_name
from classifier.inference.exceptions import EngineError
from classifier.models import Clip, IdempotencyKey, Prediction
from classifier.predictions import predictor
from classifier.predictions.storing import store_prediction
from emotion_site.exceptions import UserError
from emotion_site.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submission:
    """The outcome of an upload: the clip, whether it is new, and notes for its owner."""

    clip: Clip
    created: bool
    prediction: Prediction | None = None
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class ClipOptions:
    """What an owner chooses when submitting a clip. None follows the owner's settings."""

    title: str = ""
    speaker: str = ""
    shared_for_review: bool | None = None
    shared_for_training: bool | None = None


def submit_clip(
    *,
    owner: User,
    file: "File[bytes] | None",
    source: str,
    options: ClipOptions | None = None,
    idempotency_key: str = "",
) -> Submission:
    """Decode, store and predict one recording; the only way in.

    The clip comes back with its prediction, or waiting for a worker when that would take long.
    Raises UserError, and then neither a row nor a file is left.
    """
    options = options or ClipOptions()
    with uploads.slots().hold(owner.pk):
        data = uploads.read_upload(file)
        digest = hashlib.sha256(data).hexdigest() if idempotency_key else ""
        if idempotency_key and (repeated := _find_repeated(owner, idempotency_key, digest)):
            return repeated
        quotas.require_quota(owner)
        predictor.require_capacity()
        with uploads.decoding(data) as job:
            # The engine works beside quality, FLAC, disk and database. What is refused later, or a duplicate,
            # costs a prediction that nobody reads.
            future = predictor.predict_in_time(job.waveform(), person=owner.pk)
            decoded = job.decoded()
        del data  # as large as the upload, and the prediction may have to wait
    title, notes = title_from_name(file.name if file else "")
    clip = _new_clip(owner, decoded, source, options, title)
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
    return Submission(clip, created=True, prediction=_predicted_in_time(clip, future), notes=notes)


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
    """From now on the idempotency key maps to this existing clip."""
    if key:
        row = IdempotencyKey(owner=owner, key=key, upload_digest=digest, clip_id=clip.pk)
        IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)


def _find_duplicate(owner: User, decoded: Decoded) -> Submission | None:
    clip = Clip.objects.visible_to(owner).filter(checksum=decoded.checksum).first()
    if clip is None:
        return None
    note = {"code": "duplicate", "detail": _("You already have this recording; here is the first one.")}
    if decoded.quality.in_doubt:
        # Not stored: the first file's header may be right about the same sound, this one's is not.
        clip.quality = decoded.quality.as_dict()
    return Submission(clip, created=False, notes=[note])


def _new_clip(owner: User, decoded: Decoded, source: str, options: ClipOptions, title: str) -> Clip:
    def chosen(value: bool | None, default: bool) -> bool:
        return default if value is None else value

    pk = uuid4()
    return Clip(
        pk=pk,
        owner=owner,
        title=options.title.strip() or title,
        speaker=options.speaker.strip(),
        source=source,
        audio=storage.name_for(pk),
        stored_bytes=len(decoded.flac),
        checksum=decoded.checksum,
        duration_s=decoded.quality.duration_s,
        quality=decoded.quality.as_dict(),
        peaks=decoded.peaks,
        shared_for_review=chosen(options.shared_for_review, owner.share_for_review),
        shared_for_training=chosen(options.shared_for_training, owner.share_for_training),
    )


def _store(owner: User, clip: Clip, decoded: Decoded, key: IdempotencyKey) -> None:
    """Write file and row together or not at all."""
    with storage.written(storage.name_for(clip.pk), decoded.flac), transaction.atomic():
        clip.save(force_insert=True)
        quotas.charge(owner, clip.stored_bytes)
        if key.key:
            key.clip_id = clip.pk
            key.save(force_insert=True)


def _predicted_in_time(clip: Clip, future: predictor.PredictionFuture | None) -> Prediction | None:
    """Store the prediction that is on its way, else leave the clip to a worker."""
    if future:
        try:
            # One that takes longer than was expected is dropped; the worker's counts.
            return store_prediction(clip, *future.result(timeout=settings.ANSWER_WITHIN_SECONDS))
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
