"""The doors of reviewers for programs: the same services as the pages."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from annotations.agreement.cached_report import report_of
from annotations.api.serializers import (
    AnswerChoiceSerializer,
    ClipChoiceSerializer,
    DecisionSerializer,
    LeaseSerializer,
    NextSerializer,
    ObjectionSerializer,
    OfferSerializer,
    ReviewSubmitSerializer,
    SavedSerializer,
    UndoSerializer,
)
from annotations.imports.labels import FIRST_TASK
from annotations.listening.audio import heard_audio
from annotations.models import Decision
from annotations.queue import leases, offers
from annotations.queue.offers import hearable_by
from annotations.reviews import submission
from annotations.reviews.adjudication import adjudicate, object_to_prediction
from annotations.reviews.choice import Answer, read_answer
from annotations.reviews.submission import Circumstances, Saved
from annotations.reviews.visibility import decisions_visible_to
from classifier.api.serializers import AnswerSerializer
from classifier.api.views import SOUND
from classifier.models import Clip, Task
from classifier.pages.media import FLAC
from classifier.predictions.serialize import answer_for
from emotion_site.api.negotiation import AnyAccept
from emotion_site.api.pagination import LatestFirst
from emotion_site.api.serializers import ErrorSerializer
from emotion_site.models import User
from emotion_site.roles import is_reviewer

TASK = OpenApiParameter("task", str, description="Slug; `emotion` unless said otherwise")
ERRORS: dict[int, Any] = {
    code: OpenApiResponse(ErrorSerializer, description)
    for code, description in {
        400: "The answer means nothing; the code says why",
        403: "Not a reviewer, or your own clip",
        409: "Something happened meanwhile; the code says what",
        410: "The clip was deleted or is no longer shared",
    }.items()
}


def person(request: Request) -> User:
    """Who is signed in; the permission classes let nobody else in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def checked(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    fields = kind(data=request.data)
    fields.is_valid(raise_exception=True)
    return fields.validated_data


def asked_task(request: Request) -> Task:
    return get_object_or_404(Task, slug=request.query_params.get("task", FIRST_TASK))


class ReviewViewSet(viewsets.ViewSet):
    """Take clips, listen and answer."""

    @extend_schema(request=NextSerializer, responses={200: OfferSerializer, 204: None, **ERRORS})
    @action(detail=False, methods=["post"], url_path="next")
    def take_next(self, request: Request) -> Response:
        """The next clip, kept for you for ten minutes; the same again until you answer. 204: none is left."""
        asked = checked(NextSerializer, request)
        beside = asked.get("beside", [])
        offer = offers.take_next(reviewer=person(request), task=asked["task"], beside=beside)
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
        circumstances = Circumstances(
            asked["client_id"], asked["milliseconds"], prediction_shown=asked["prediction_shown"]
        )
        saved = submission.submit_review(
            reviewer=person(request),
            task=asked["task"],
            clip_id=asked["clip"],
            answer=_answer(asked),
            circumstances=circumstances,
        )
        return _saved(saved)

    @extend_schema(request=UndoSerializer, responses={201: SavedSerializer, 200: SavedSerializer, **ERRORS})
    @action(detail=False, methods=["post"])
    def undo(self, request: Request) -> Response:
        """Take your last answer back; the clip is kept for you again."""
        asked = checked(UndoSerializer, request)
        saved = submission.undo_last(
            reviewer=person(request), task=asked["task"], client_id=asked["client_id"]
        )
        return _saved(saved)

    @extend_schema(request=ClipChoiceSerializer, responses={200: LeaseSerializer, **ERRORS})
    @action(detail=False, methods=["post"])
    def heartbeat(self, request: Request) -> Response:
        """Keep a clip for ten more minutes."""
        asked = checked(ClipChoiceSerializer, request)
        offers.require_reviewer(person(request))
        until = leases.heartbeat(reviewer=person(request), task=asked["task"], clip_id=asked["clip"])
        return Response(LeaseSerializer({"leased_until": until}).data)

    @extend_schema(request=ClipChoiceSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def release(self, request: Request) -> Response:
        """Give a clip back to the others."""
        asked = checked(ClipChoiceSerializer, request)
        leases.release(reviewer=person(request), task=asked["task"], clip_id=asked["clip"])
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=ClipChoiceSerializer, responses={200: AnswerSerializer, 204: None, **ERRORS})
    @action(detail=False, methods=["post"])
    def prediction(self, request: Request) -> Response:
        """See the prediction before you answer; the answer then no longer counts as blind."""
        asked = checked(ClipChoiceSerializer, request)
        prediction = offers.show_prediction(
            reviewer=person(request), task=asked["task"], clip_id=asked["clip"]
        )
        if prediction is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return Response(answer_for(prediction, prediction.clip))


class ReviewAudio(APIView):
    """The sound of a clip that is kept for you or that you reviewed, as 16 kHz mono FLAC."""

    content_negotiation_class = AnyAccept

    @extend_schema(responses=SOUND)
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        clip = get_object_or_404(hearable_by(person(request)), pk=pk)
        return heard_audio(request._request, FLAC, listener=person(request), clip=clip)


class DecisionList(generics.ListAPIView[Decision]):
    """Where clips stand: all of them for administrators, else your own clips and those you reviewed."""

    serializer_class = DecisionSerializer
    pagination_class = LatestFirst
    queryset = Decision.objects.none()

    def get_queryset(self) -> QuerySet[Decision]:
        decisions = decisions_visible_to(person(self.request), asked_task(self.request))
        state = self.request.query_params.get("state")
        return decisions.filter(state=state) if state else decisions

    @extend_schema(parameters=[TASK, OpenApiParameter("state", str, enum=Decision.State.values)])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(request=AnswerChoiceSerializer, responses={200: DecisionSerializer, **ERRORS})
    def post(self, request: Request) -> Response:
        """Decide a clip as an administrator."""
        asked = checked(AnswerChoiceSerializer, request)
        decision = adjudicate(
            administrator=person(request), task=asked["task"], clip_id=asked["clip"], answer=_answer(asked)
        )
        return Response(DecisionSerializer(decision).data)


class Objections(APIView):
    """Say that the prediction of your clip is wrong; it moves forward unless it was drawn at random."""

    @extend_schema(request=ObjectionSerializer, responses={204: None, **ERRORS})
    def post(self, request: Request) -> Response:
        asked = checked(ObjectionSerializer, request)
        clip = get_object_or_404(Clip.objects.visible_to(request.user), pk=asked["clip"])
        object_to_prediction(
            owner=person(request),
            clip=clip,
            task=asked["task"],
            wished_label=asked["wished_label"],
            comment=asked["comment"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class AgreementView(APIView):
    """How far reviewers agree with each other and with each model version; undefined figures are null."""

    @extend_schema(parameters=[TASK], responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        if not is_reviewer(person(request)):
            raise PermissionDenied
        return Response(report_of(asked_task(request)).as_dict())


def _answer(asked: dict[str, Any]) -> Answer:
    return read_answer(asked["task"], label=asked["label"], flag=asked["flag"], comment=asked["comment"])


def _saved(saved: Saved) -> Response:
    code = status.HTTP_201_CREATED if saved.created else status.HTTP_200_OK
    return Response(SavedSerializer(saved).data, status=code)
