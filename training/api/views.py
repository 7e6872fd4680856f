"""Snapshots, training runs and model versions for programs of administrators."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.fields import DateTimeField
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotations.api.requests import checked, signed_in_person, task_from_query
from classifier.models import ModelVersion, Task
from emotion_site.api.pagination import NewestFirst, OldestFirst
from emotion_site.api.serializers import ErrorSerializer
from emotion_site.roles import is_admin
from training.api.serializers import (
    FreezeSerializer,
    LearnedClipSerializer,
    PromotionSerializer,
    ReasonSerializer,
    RunSerializer,
    SnapshotSerializer,
    StartRunSerializer,
    VersionSerializer,
)
from training.datasets.freezing import FreezeOptions, freeze_snapshot
from training.models import Promotion, Snapshot, TrainingRun
from training.runs import services
from training.versions import promotion
from training.versions.lineage import clips_behind

TASK = OpenApiParameter("task", str, description="Slug; `emotion` unless said otherwise")
ERRORS: dict[int, Any] = {
    403: OpenApiResponse(ErrorSerializer, "Not an administrator"),
    409: OpenApiResponse(ErrorSerializer, "Something is in the way; the code says what"),
}


class IsAdministrator(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return is_admin(request.user)


class AdministratorsViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    permission_classes = [IsAuthenticated, IsAdministrator]
    pagination_class = NewestFirst


class SnapshotViewSet(AdministratorsViewSet):
    serializer_class = SnapshotSerializer
    queryset = Snapshot.objects.select_related("task")

    @extend_schema(
        request=FreezeSerializer,
        responses={201: SnapshotSerializer, 200: OpenApiResponse(SnapshotSerializer, "Equal"), **ERRORS},
    )
    def create(self, request: Request) -> Response:
        """Freeze what is decided and shared now; equal clips, labels and splits are the same snapshot."""
        asked = checked(FreezeSerializer, request)
        options = FreezeOptions(with_corpora=asked["with_corpora"])
        frozen = freeze_snapshot(task=asked["task"], administrator=signed_in_person(request), options=options)
        code = status.HTTP_201_CREATED if frozen.created else status.HTTP_200_OK
        return Response(SnapshotSerializer(frozen.snapshot).data, status=code)


class RunViewSet(AdministratorsViewSet):
    serializer_class = RunSerializer
    queryset = TrainingRun.objects.select_related(
        "task", "snapshot", "start_version", "version", "compared_with"
    )

    @extend_schema(request=StartRunSerializer, responses={201: RunSerializer, **ERRORS})
    def create(self, request: Request) -> Response:
        """Queue a training run; without a snapshot it learns from the latest."""
        asked = checked(StartRunSerializer, request)
        run = services.start_run(
            administrator=signed_in_person(request),
            snapshot=_snapshot(asked["task"], asked.get("snapshot")),
            mode=asked["mode"],
            start_version=_version(asked["task"], asked.get("start_version")),
            hyperparameters=asked["hyperparameters"],
        )
        return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={200: RunSerializer, **ERRORS})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop a run within seconds."""
        run = self.get_object()
        services.cancel_run(run=run, administrator=signed_in_person(request))
        return Response(RunSerializer(run).data)

    @extend_schema(request=ReasonSerializer, responses={200: RunSerializer, **ERRORS})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Put the version of a run into service."""
        run = self.get_object()
        reason = checked(ReasonSerializer, request)["reason"]
        services.approve_run(run=run, administrator=signed_in_person(request), reason=reason)
        return Response(RunSerializer(run).data)

    @extend_schema(request=None, responses={200: RunSerializer, **ERRORS})
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Leave the version of a run out of service."""
        run = self.get_object()
        services.reject_run(run=run, administrator=signed_in_person(request))
        return Response(RunSerializer(run).data)


@extend_schema(parameters=[TASK])
class VersionViewSet(AdministratorsViewSet):
    """Versions of a task by their number."""

    serializer_class = VersionSerializer
    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,9}"
    queryset = ModelVersion.objects.none()

    def get_queryset(self) -> QuerySet[ModelVersion]:
        return ModelVersion.objects.filter(task=task_from_query(self.request)).select_related("task")

    @extend_schema(responses={204: None, **ERRORS})
    def destroy(self, request: Request, number: str) -> Response:
        """Remove a version's files; its number and predictions stay."""
        promotion.delete_version(version=self.get_object(), administrator=signed_in_person(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={200: OpenApiTypes.OBJECT})
    @action(detail=True)
    def metrics(self, request: Request, number: str) -> Response:
        """What the version's manifest says of its quality, and the verdict of the gate."""
        version = self.get_object()
        run = TrainingRun.objects.filter(version=version).first()
        return Response({"metrics": version.manifest.get("metrics", {}), "verdict": run and run.verdict})

    @extend_schema(responses={200: LearnedClipSerializer(many=True)})
    @action(detail=True, pagination_class=OldestFirst)
    def clips(self, request: Request, number: str) -> Response:
        """The clips and decisions that made the version; those that only judged it are in other splits."""
        page = self.paginate_queryset(clips_behind(self.get_object()))
        return self.get_paginated_response(LearnedClipSerializer(page, many=True).data)

    @extend_schema(
        parameters=[OpenApiParameter("at", datetime, required=True)], responses={200: VersionSerializer}
    )
    @action(detail=False)
    def in_service(self, request: Request) -> Response:
        """The version that served at a moment; 404 before the first."""
        moment = DateTimeField().run_validation(request.query_params.get("at"))
        version = promotion.in_service_at(task_from_query(request), moment)
        if version is None:
            raise Http404
        return Response(VersionSerializer(version).data)

    @extend_schema(request=ReasonSerializer, responses={200: VersionSerializer, **ERRORS})
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, number: str) -> Response:
        """Put a version into service; every server process serves it within two seconds."""
        version, asked = self.get_object(), checked(ReasonSerializer, request)
        seen = _version(version.task, asked.get("instead_of"))
        promotion.promote_version(
            version=version,
            administrator=signed_in_person(request),
            reason=asked["reason"],
            instead_of=seen.pk if seen else None,
        )
        return Response(VersionSerializer(version).data)

    @extend_schema(request=ReasonSerializer, responses={200: VersionSerializer, **ERRORS})
    @action(detail=False, methods=["post"])
    def rollback(self, request: Request) -> Response:
        """Go back to the version that served before."""
        task, asked = task_from_query(request), checked(ReasonSerializer, request)
        seen = _version(task, asked.get("instead_of"))
        version = promotion.roll_back(
            task=task,
            administrator=signed_in_person(request),
            reason=asked["reason"],
            instead_of=seen.pk if seen else None,
        )
        return Response(VersionSerializer(version).data)


class PromotionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Promotion]):
    """Which version served from when on, and who decided it."""

    permission_classes = [IsAuthenticated, IsAdministrator]
    pagination_class = NewestFirst
    serializer_class = PromotionSerializer
    queryset = Promotion.objects.select_related("task", "from_version", "to_version", "actor")


def _snapshot(task: Task, number: int | None) -> Snapshot:
    snapshots = Snapshot.objects.filter(task=task).exclude(state=Snapshot.State.FAILED)
    return get_object_or_404(snapshots, number=number) if number else get_object_or_404(snapshots[:1])


def _version(task: Task, number: int | None) -> ModelVersion | None:
    return None if number is None else get_object_or_404(ModelVersion, task=task, number=number)
