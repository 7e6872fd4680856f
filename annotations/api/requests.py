"""What the API's review views share: the person, the task, and validation of the request."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.serializers import Serializer

from annotations.imports.labels import DEFAULT_TASK
from annotations.reviews.choice import Choice, read_choice
from classifier.models import Task
from emotion_site.api.serializers import ErrorSerializer
from emotion_site.models import User

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


def signed_in_person(request: Request) -> User:
    """The signed-in person; the permission classes reject anonymous requests."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def checked(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    fields = kind(data=request.data)
    fields.is_valid(raise_exception=True)
    return dict(fields.validated_data)


def task_from_query(request: Request) -> Task:
    return get_object_or_404(Task, slug=request.query_params.get("task", DEFAULT_TASK))


def choice_in(asked: dict[str, Any]) -> Choice:
    return read_choice(asked["task"], label=asked["label"], flag=asked["flag"], comment=asked["comment"])
