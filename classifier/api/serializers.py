from copy import deepcopy
from functools import cache
from typing import Any

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from classifier.models import Clip, Label, ModelVersion
from classifier.predictions.serialize import serialize_prediction


class SegmentSerializer(serializers.Serializer[Any]):
    start_s = serializers.FloatField()
    end_s = serializers.FloatField()
    scores = serializers.DictField(child=serializers.FloatField())


@extend_schema_serializer(component_name="Answer")  # the name that generated clients know
class PredictionSerializer(serializers.Serializer[Any]):
    """What one model version predicts for a clip: the same fields as ``manage.py classify --json``."""

    # A field of the prediction, which DRF keeps apart from the attribute of the same name.
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="Key of the label with the highest score"
    )
    confidence = serializers.FloatField(help_text="Its score")
    sure = serializers.BooleanField(help_text="Whether the label may be called, or the scores are too close")
    scores = serializers.DictField(child=serializers.FloatField(), help_text="Probability per label")
    duration_s = serializers.FloatField()
    model_version = serializers.IntegerField()
    segments = SegmentSerializer(many=True, help_text="The course over time, one entry per window")
    quality = serializers.DictField(help_text="Measures of the recording, and hints about it")


class NoteSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


@extend_schema_field({"type": "boolean", "example": False})
class SharingField(serializers.BooleanField):
    """Off in the examples: nobody who tries the page of the API may share by accident."""


@cache
def _fields_of(serializer: type["ClipSerializer"]) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    return super(ClipSerializer, serializer()).get_fields()


class ClipSerializer(serializers.ModelSerializer[Clip]):
    shared_for_review = SharingField(required=False)
    shared_for_training = SharingField(required=False)
    prediction = serializers.SerializerMethodField()
    status_url = serializers.SerializerMethodField()
    audio_url = serializers.SerializerMethodField()

    class Meta:
        model = Clip
        fields = [
            "id",
            "status",
            "error_code",
            "prediction",
            "title",
            "speaker",
            "source",
            "created",
            "duration_s",
            "shared_for_review",
            "shared_for_training",
            "status_url",
            "audio_url",
        ]
        read_only_fields = ["id", "status", "error_code", "source", "created", "duration_s"]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # DRF makes them from the model anew for every response, which takes longer than all else of it.
        return deepcopy(_fields_of(type(self)))

    @extend_schema_field(PredictionSerializer(allow_null=True))
    def get_prediction(self, clip: Clip) -> dict[str, Any] | None:
        # A clip that was just predicted brings its only prediction along.
        latest = self.context.get("prediction") or clip.latest_prediction()
        return serialize_prediction(latest, clip) if latest else None

    def get_status_url(self, clip: Clip) -> str:
        return reverse("api:clip-detail", args=[clip.pk])

    def get_audio_url(self, clip: Clip) -> str:
        return reverse("api:clip-audio", args=[clip.pk])


class SubmittedClipSerializer(ClipSerializer):
    notes = NoteSerializer(many=True, read_only=True)

    class Meta(ClipSerializer.Meta):
        fields = [*ClipSerializer.Meta.fields, "notes"]


@extend_schema_field(OpenApiTypes.BINARY)
class RecordingField(serializers.FileField):
    """Described as a file, so that the page of the API offers to choose one."""


class SubmitSerializer(serializers.Serializer[Any]):
    """A recording and its owner's choices."""

    file = RecordingField(help_text="WAV, MP3, M4A, FLAC, Ogg, WebM, MP4, AIFF, CAF, AU, AMR or 3GP")
    title = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")
    speaker = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")
    # A field of the form, which DRF keeps apart from the attribute of the same name.
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=Clip.Source.of_people(), default=Clip.Source.API
    )
    shared_for_review = SharingField(required=False, allow_null=True, default=None)
    shared_for_training = SharingField(required=False, allow_null=True, default=None)


class LabelSerializer(serializers.ModelSerializer[Label]):
    name = serializers.CharField(source="__str__", help_text="In the language of the request")

    class Meta:
        model = Label
        fields = ["key", "name", "colour", "digit", "order"]


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    task = serializers.CharField(source="task.slug")
    labels = serializers.JSONField(source="manifest.labels")

    class Meta:
        model = ModelVersion
        fields = ["task", "number", "origin", "activated_at", "checksum", "labels"]
