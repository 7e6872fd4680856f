"""Reviewing for programs, the review page among them: the protocol of one clip after the other."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.api.requests import ERRORS, TASK, checked, choice_in, signed_in_person, task_from_query
from annotations.api.serializers import (
    ClipChoiceSerializer,
    LeaseSerializer,
    NextSerializer,
    OfferSerializer,
    ProgressSerializer,
    ReleaseSerializer,
    ReviewSubmitSerializer,
    SavedSerializer,
    UndoneSerializer,
    UndoSerializer,
)
from annotations.listening.audio import logged_audio, logged_spectrogram
from annotations.queue import leases, offers
from annotations.queue.offers import playable_by
from annotations.queue.progress import progress_of
from annotations.reviews import submission
from annotations.reviews.submission import ReviewContext, SubmittedReview
from classifier.api.serializers import PredictionSerializer
from classifier.api.views import SOUND
from classifier.models import Clip
from classifier.pages.media import FLAC, WAV
from classifier.predictions.serialize import serialize_prediction
from emotion_site.api.negotiation import AnyAccept
from emotion_site.api.throttling import ReviewThrottle

SOUND_AS_WAV: dict[Any, Any] = {
    (code[0], "audio/wav") if isinstance(code, tuple) else code: content for code, content in SOUND.items()
}


class ReviewViewSet(viewsets.ViewSet):
    """Take clips, listen and answer: what the review page does."""

    throttle_classes = [ReviewThrottle]

    @extend_schema(request=NextSerializer, responses={200: OfferSerializer, 204: None, **ERRORS})
    @action(detail=False, methods=["post"], url_path="next")
    def take_next(self, request: Request) -> Response:
        """The next clip, kept for you for ten minutes; the same again until you answer. 204: none is left."""
        asked = checked(NextSerializer, request)
        offer = offers.take_next(
            reviewer=signed_in_person(request),
            task=asked["task"],
            beside=asked.get("beside", []),
            ahead=asked["ahead"],
        )
        if offer is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(OfferSerializer(offer).data)

    @extend_schema(
        request=ReviewSubmitSerializer,
        responses={201: SavedSerializer, 200: OpenApiResponse(SavedSerializer, "Sent before"), **ERRORS},
    )
    def create(self, request: Request) -> Response:
        """Submit an answer. A second one for the same clip changes the first; both are kept."""
        asked = checked(ReviewSubmitSerializer, request)
        context = ReviewContext(
            asked["client_id"], asked["milliseconds"], prediction_shown=asked["prediction_shown"]
        )
        save = submission.revise if asked["revises"] else submission.submit_review
        saved = save(
            reviewer=signed_in_person(request),
            task=asked["task"],
            clip_id=asked["clip"],
            choice=choice_in(asked),
            context=context,
        )
        return Response(SavedSerializer(saved).data, status=_created(saved))

    @extend_schema(request=UndoSerializer, responses={201: UndoneSerializer, 200: UndoneSerializer, **ERRORS})
    @action(detail=False, methods=["post"])
    def undo(self, request: Request) -> Response:
        """Take your last answer back; the clip is kept for you again unless somebody else has it."""
        asked = checked(UndoSerializer, request)
        saved = submission.undo_last(
            reviewer=signed_in_person(request), task=asked["task"], client_id=asked["client_id"]
        )
        offer = offers.held_offer(
            reviewer=signed_in_person(request), task=asked["task"], clip_id=saved.review.clip_id
        )
        undone = UndoneSerializer(saved, context={"offer": offer})
        return Response(undone.data, status=_created(saved))

    @extend_schema(request=ClipChoiceSerializer, responses={200: LeaseSerializer, **ERRORS})
    @action(detail=False, methods=["post"])
    def heartbeat(self, request: Request) -> Response:
        """Keep a clip for ten more minutes."""
        asked = checked(ClipChoiceSerializer, request)
        offers.require_reviewer(signed_in_person(request))
        until = leases.heartbeat(
            reviewer=signed_in_person(request), task=asked["task"], clip_id=asked["clip"]
        )
        return Response(LeaseSerializer({"leased_until": until}).data)

    @extend_schema(request=ReleaseSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def release(self, request: Request) -> Response:
        """Give a clip back to the others."""
        asked = checked(ReleaseSerializer, request)
        leases.release(
            reviewer=signed_in_person(request),
            task=asked["task"],
            clip_id=asked["clip"],
            until=asked["leased_until"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ClipChoiceSerializer, responses={200: PredictionSerializer, 204: None, **ERRORS})
    @action(detail=False, methods=["post"])
    def prediction(self, request: Request) -> Response:
        """See the prediction before you answer; the answer then no longer counts as blind."""
        asked = checked(ClipChoiceSerializer, request)
        prediction = offers.show_prediction(
            reviewer=signed_in_person(request), task=asked["task"], clip_id=asked["clip"]
        )
        if prediction is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(serialize_prediction(prediction, prediction.clip))

    @extend_schema(parameters=[TASK], responses={200: ProgressSerializer, **ERRORS})
    @action(detail=False)
    def progress(self, request: Request) -> Response:
        """How many clips wait for you, and what you have done."""
        offers.require_reviewer(signed_in_person(request))
        return Response(
            ProgressSerializer(progress_of(signed_in_person(request), task_from_query(request))).data
        )


class ReviewMedia(APIView):
    """The sound of a clip that is kept for you or that you reviewed; every listen is logged."""

    content_negotiation_class = AnyAccept
    throttle_classes = [ReviewThrottle]

    def clip(self, pk: UUID) -> Clip:
        return get_object_or_404(playable_by(signed_in_person(self.request)), pk=pk)


class ReviewAudio(ReviewMedia):
    @extend_schema(responses=SOUND)
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """As 16 kHz mono FLAC."""
        return logged_audio(request._request, FLAC, listener=signed_in_person(request), clip=self.clip(pk))


class ReviewWav(ReviewMedia):
    @extend_schema(responses=SOUND_AS_WAV)
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """As 16 kHz mono WAV, in which every browser finds each place."""
        return logged_audio(request._request, WAV, listener=signed_in_person(request), clip=self.clip(pk))


class ReviewSpectrogram(ReviewMedia):
    @extend_schema(responses={200: OpenApiTypes.OBJECT, 304: None})
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """Levels from 0 to 255 as [channel][frame][mel band]."""
        return logged_spectrogram(request._request, listener=signed_in_person(request), clip=self.clip(pk))


def _created(saved: SubmittedReview) -> int:
    return status.HTTP_201_CREATED if saved.created else status.HTTP_200_OK
