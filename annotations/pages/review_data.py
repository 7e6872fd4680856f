"""What the review page asks for while a reviewer works."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from annotations.models import QueueEntry
from annotations.pages.json_views import (
    client_id_of,
    clip_id_of,
    clip_ids_of,
    lease_end_of,
    milliseconds_of,
    progress_json,
    reviewers_door,
)
from annotations.queue import leases, offers
from annotations.queue.prefetch import may_fetch_ahead
from annotations.reviews import submission
from annotations.reviews.choice import read_answer
from annotations.reviews.submission import Circumstances, Saved
from classifier.models import Clip, Prediction, Task
from classifier.pages.requests import PersonRequest
from emotion_site.exceptions import UserError


@reviewers_door
def take(request: PersonRequest, task: Task) -> dict[str, Any]:
    """The next clip, beside those that the page has already; with ``ahead``, to be heard after them."""
    beside = clip_ids_of(request, "beside")
    is_early = request.POST.get("ahead") == "1"
    offer = None
    if not is_early or may_fetch_ahead(reviewer=request.user, task=task):
        offer = offers.take_next(reviewer=request.user, task=task, beside=beside)
    if offer is None:
        return {"offer": None, "progress": progress_json(request.user, task)}
    kept = {"until": offer.leased_until.isoformat(), "prediction": prediction_json(offer.prediction)}
    return {"offer": clip_json(offer.clip) | kept}


@reviewers_door
def answer(request: PersonRequest, task: Task) -> dict[str, Any]:
    said = read_answer(
        task,
        label=request.POST.get("label", ""),
        flag=request.POST.get("flag", ""),
        comment=request.POST.get("comment", ""),
    )
    circumstances = Circumstances(
        client_id=client_id_of(request),
        milliseconds=milliseconds_of(request),
        prediction_shown=request.POST.get("prediction_shown") == "1",
    )
    save = submission.revise if request.POST.get("revises") == "1" else submission.submit_review
    saved = save(
        reviewer=request.user,
        task=task,
        clip_id=clip_id_of(request),
        answer=said,
        circumstances=circumstances,
    )
    return saved_json(saved)


@reviewers_door
def undo(request: PersonRequest, task: Task) -> dict[str, Any]:
    """Take the last answer back; the clip comes along unless somebody else has it now."""
    saved = submission.undo_last(reviewer=request.user, task=task, client_id=client_id_of(request))
    clip_id = saved.review.clip_id
    held = QueueEntry.objects.filter(leases.held_by(request.user), task=task, clip_id=clip_id).first()
    clip = Clip.objects.reviewable().filter(pk=clip_id).first() if held else None
    offer = None
    if clip and held and held.leased_until:
        offer = clip_json(clip) | {"until": held.leased_until.isoformat(), "prediction": None}
    return {"offer": offer, "clip": str(clip_id)}


@reviewers_door
def show(request: PersonRequest, task: Task) -> dict[str, Any]:
    """The prediction, before the answer."""
    prediction = offers.show_prediction(reviewer=request.user, task=task, clip_id=clip_id_of(request))
    if prediction is None:
        raise UserError("no_prediction", _("No model version has answered yet."), status=409)
    return {"prediction": prediction_json(prediction)}


@reviewers_door
def heartbeat(request: PersonRequest, task: Task) -> dict[str, Any]:
    """Keep the page's clips. They are named in the order in which a reload shall offer them again."""
    until = {str(pk): _kept_until(request, task, pk) for pk in clip_ids_of(request, "clip")}
    lost = [pk for pk, moment in until.items() if moment is None]
    return {"lost": lost, "until": until, "progress": progress_json(request.user, task)}


def _kept_until(request: PersonRequest, task: Task, clip_id: UUID) -> str | None:
    with suppress(UserError):
        return leases.heartbeat(reviewer=request.user, task=task, clip_id=clip_id).isoformat()
    return None


@reviewers_door
def release(request: PersonRequest, task: Task) -> dict[str, Any]:
    """Give a clip back that the page had and nobody listens to any more."""
    leases.release(reviewer=request.user, task=task, clip_id=clip_id_of(request), until=lease_end_of(request))
    return {}


def clip_json(clip: Clip) -> dict[str, Any]:
    """Of a clip only what is heard and seen of its sound."""
    return {
        "clip": str(clip.pk),
        "audio": reverse("annotations:audio", args=[clip.pk]),
        "spectrogram": reverse("annotations:spectrogram", args=[clip.pk]),
        "seconds": clip.duration_s,
        "peaks": clip.peaks,
    }


def prediction_json(prediction: Prediction | None) -> dict[str, Any] | None:
    if prediction is None:
        return None
    return {
        "label": prediction.label.key,
        "percent": round(prediction.confidence * 100),
        "version": str(prediction.model_version),
    }


def saved_json(saved: Saved) -> dict[str, Any]:
    return {
        "clip": str(saved.review.clip_id),
        "agrees": saved.agrees,
        "prediction": prediction_json(saved.prediction),
        "notes": [str(note["detail"]) for note in saved.notes],
    }
