from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotAuthenticated, NotFound
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from classifier.api.serializers import (
    ClipSerializer,
    LabelSerializer,
    ModelVersionSerializer,
    SubmitSerializer,
    SubmittedClipSerializer,
)
from classifier.clips.deletion import delete_clips, restore_clips
from classifier.clips.details import name_speaker, rename_clip
from classifier.clips.sharing import SHARING, set_sharing
from classifier.clips.submit import ClipOptions, Submission, submit_clip
from classifier.models import Clip, IdempotencyKey, Label, ModelVersion
from classifier.pages.media import FLAC, audio_response
from classifier.querysets import ClipQuerySet
from emotion_site.api.negotiation import AnyAccept
from emotion_site.api.pagination import NewestFirst
from emotion_site.api.parsers import ShallowJSONParser
from emotion_site.api.serializers import ErrorSerializer
from emotion_site.exceptions import UserError
from emotion_site.models import User

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Any text up to 128 characters; within 30 days the same key never makes two clips.",
)
ERRORS: dict[int, Any] = {
    code: OpenApiResponse(ErrorSerializer, description)
    for code, description in {
        409: "The clip that this Idempotency-Key made was deleted, or your recordings fill what you may keep",
        413: "The file is too large",
        422: "The file cannot be used, or the key was used for another one; the code says why",
        503: "Too many clips are waiting; see Retry-After",
        507: "No room left",
    }.items()
}


SOUND: dict[Any, Any] = {
    (200, "audio/flac"): OpenApiTypes.BINARY,
    (206, "audio/flac"): OpenApiTypes.BINARY,
    304: OpenApiResponse(description="You have it already; see If-None-Match"),
    412: OpenApiResponse(ErrorSerializer, "It is not what If-Match names"),
    416: OpenApiResponse(ErrorSerializer, "The sound ends before the range"),
}


class ClipViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Clip],
):
    """The clips of the person who is signed in."""

    serializer_class = ClipSerializer
    pagination_class = NewestFirst
    parser_classes = [MultiPartParser, FormParser, ShallowJSONParser]
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    queryset = Clip.objects.none()

    def get_queryset(self) -> ClipQuerySet:
        return Clip.objects.visible_to(self.request.user).with_predictions()

    @extend_schema(
        request={"multipart/form-data": SubmitSerializer},
        parameters=[IDEMPOTENCY_KEY],
        responses={
            201: SubmittedClipSerializer,
            200: OpenApiResponse(SubmittedClipSerializer, "You already have this clip"),
            202: OpenApiResponse(SubmittedClipSerializer, "Kept; the prediction follows at status_url"),
            **ERRORS,
        },
    )
    def create(self, request: Request) -> Response:
        """Send a recording and get its prediction."""
        submission = submit_clip(
            owner=_owner(request),
            file=request.FILES.get("file"),
            **_options(request),
            idempotency_key=_idempotency_key(request),
        )
        return _submission_response(submission)

    def perform_update(self, serializer: BaseSerializer[Clip]) -> None:
        clip, data = serializer.instance, serializer.validated_data
        if clip is None:
            return
        if "title" in data:
            rename_clip(clip=clip, title=data["title"])
        if "speaker" in data:
            name_speaker(clip=clip, speaker=data["speaker"])
        if not data.keys().isdisjoint(SHARING):
            set_sharing(
                clip=clip, review=data.get("shared_for_review"), training=data.get("shared_for_training")
            )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a clip. It can be brought back for 10 seconds, then row and file are gone."""
        clip = self.get_object()
        delete_clips(clips=Clip.objects.filter(pk=clip.pk))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        request=None,
        responses={
            200: ClipSerializer,
            409: OpenApiResponse(ErrorSerializer, "You uploaded the same recording again meanwhile"),
            410: OpenApiResponse(ErrorSerializer, "It is too late"),
        },
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Undo a deletion."""
        clip = get_object_or_404(Clip, pk=_clip_id(pk), owner=_owner(request))
        restore_clips(owner=_owner(request), clip_ids=[clip.pk])
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(responses=SOUND)
    @action(detail=True, content_negotiation_class=AnyAccept)
    def audio(self, request: Request, pk: str) -> HttpResponseBase:
        """The clip as 16 kHz mono FLAC; ranges are answered."""
        clip = self.get_object()
        return audio_response(request._request, clip, FLAC, name=clip.title)


def _owner(request: Request) -> User:
    """The person who is signed in; the permission classes let nobody else in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def _clip_id(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise NotFound from None


def _options(request: Request) -> dict[str, Any]:
    """Check everything beside the file, whose own checks are the service's."""
    fields = SubmitSerializer(data=request.data)
    fields.fields.pop("file")
    fields.is_valid(raise_exception=True)
    data = dict(fields.validated_data)
    return {"source": data.pop("source"), "options": ClipOptions(**data)}


def _idempotency_key(request: Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > (IdempotencyKey._meta.get_field("key").max_length or 0):
        raise UserError("invalid", _("The Idempotency-Key is longer than 128 characters."))
    return key


def _submission_response(submission: Submission) -> Response:
    clip = submission.clip
    context = {"prediction": submission.prediction}
    body = {**ClipSerializer(clip, context=context).data, "notes": submission.notes}
    if clip.status == Clip.Status.WAITING:
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": body["status_url"]})
    code = status.HTTP_201_CREATED if submission.created else status.HTTP_200_OK
    return Response(body, status=code, headers={"Location": body["status_url"]})


class LabelList(generics.ListAPIView[Label]):
    """The labels of the task, in their order."""

    serializer_class = LabelSerializer
    pagination_class = None
    queryset = Label.objects.of_task()


class ActiveModel(generics.RetrieveAPIView[ModelVersion]):
    """The model version in service."""

    serializer_class = ModelVersionSerializer

    def get_object(self) -> ModelVersion:
        return get_object_or_404(ModelVersion.objects.active().select_related("task"))
