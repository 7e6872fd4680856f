"""Decisions, objections and agreement for programs: the same services as the pages."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.agreement.cached_report import report_of
from annotations.api.requests import ERRORS, TASK, checked, choice_in, signed_in_person, task_from_query
from annotations.api.serializers import AnswerChoiceSerializer, DecisionSerializer, ObjectionSerializer
from annotations.models import Decision
from annotations.reviews.adjudication import adjudicate, object_to_prediction
from annotations.reviews.listings import decisions_visible_to
from classifier.models import Clip
from emotion_site.api.pagination import LatestFirst
from emotion_site.roles import is_reviewer


class DecisionList(generics.ListAPIView[Decision]):
    """Where clips stand: all of them for administrators, else your own clips and those you reviewed."""

    serializer_class = DecisionSerializer
    pagination_class = LatestFirst
    queryset = Decision.objects.none()

    def get_queryset(self) -> QuerySet[Decision]:
        decisions = decisions_visible_to(signed_in_person(self.request), task_from_query(self.request))
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
            administrator=signed_in_person(request),
            task=asked["task"],
            clip_id=asked["clip"],
            choice=choice_in(asked),
        )
        return Response(DecisionSerializer(decision).data)


class Objections(APIView):
    """Say that the prediction of your clip is wrong; it moves forward unless it was drawn at random."""

    @extend_schema(request=ObjectionSerializer, responses={204: None, **ERRORS})
    def post(self, request: Request) -> Response:
        asked = checked(ObjectionSerializer, request)
        clip = get_object_or_404(Clip.objects.visible_to(request.user), pk=asked["clip"])
        object_to_prediction(
            owner=signed_in_person(request),
            clip=clip,
            task=asked["task"],
            wished_label=asked["wished_label"],
            comment=asked["comment"],
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class AgreementView(APIView):
    """How well reviewers agree with each other and with each model version; undefined figures are null."""

    @extend_schema(parameters=[TASK], responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        if not is_reviewer(signed_in_person(request)):
            raise PermissionDenied
        return Response(report_of(task_from_query(request)).as_dict())
