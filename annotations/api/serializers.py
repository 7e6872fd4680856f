from copy import deepcopy
from functools import cache
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotations.imports.labels import DEFAULT_TASK
from annotations.models import Decision, Flag, PickedBy
from annotations.queue.leases import MOST_BESIDE
from annotations.queue.offers import Offer
from annotations.queue.progress import Progress
from annotations.reviews.submission import SubmittedReview
from classifier.api.serializers import NoteSerializer, PredictionSerializer
from classifier.models import Task
from classifier.predictions.serialize import serialize_prediction

CLIENT_ID_HELP = "Made by the client, such as a UUID; the same one never makes two reviews"


class TaskField(serializers.SlugRelatedField[Task]):
    """A task by its slug; ``emotion`` unless said otherwise."""

    def __init__(self) -> None:
        super().__init__(slug_field="slug", queryset=Task.objects.all(), required=False)


class TaskSerializer(serializers.Serializer[Any]):
    task = TaskField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "task": attrs.get("task") or Task.objects.get(slug=DEFAULT_TASK)}


class NextSerializer(TaskSerializer):
    beside = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_BESIDE,
        help_text="Clips that are kept for you already, when you fetch the one after them ahead",
    )
    ahead = serializers.BooleanField(
        required=False, default=False, help_text="Only while enough clips are left for the other reviewers"
    )


class ClipChoiceSerializer(TaskSerializer):
    clip = serializers.UUIDField()


class AnswerChoiceSerializer(ClipChoiceSerializer):
    """A label of the task, or a flag; ``other`` needs a comment."""

    # A field of the answer, which DRF keeps apart from the attribute of the same name.
    label = serializers.CharField(required=False, allow_blank=True, default="")  # type: ignore[assignment]
    flag = serializers.ChoiceField(choices=Flag.choices, required=False, allow_blank=True, default="")
    comment = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class ReviewSubmitSerializer(AnswerChoiceSerializer):
    client_id = serializers.CharField(max_length=64, help_text=CLIENT_ID_HELP)
    milliseconds = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=86_400_000, default=None
    )
    prediction_shown = serializers.BooleanField(required=False, default=False)
    revises = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Only change an answer that stands; 409 `not_reviewed` when there is none",
    )


class ReleaseSerializer(ClipChoiceSerializer):
    leased_until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The lease that is meant; one that was taken or prolonged since then stays",
    )


class UndoSerializer(TaskSerializer):
    client_id = serializers.CharField(max_length=64, help_text=CLIENT_ID_HELP)


class ObjectionSerializer(ClipChoiceSerializer):
    wished_label = serializers.CharField(required=False, allow_blank=True, default="")
    comment = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class OfferSerializer(serializers.Serializer[Offer]):
    """A clip that is kept for you; its owner, title and file name are nobody's business."""

    clip = serializers.UUIDField(source="clip.pk")
    task = serializers.CharField(source="task.slug")
    duration_s = serializers.FloatField(source="clip.duration_s")
    picked_by = serializers.ChoiceField(choices=PickedBy.choices)
    leased_until = serializers.DateTimeField()
    audio_url = serializers.SerializerMethodField(help_text="FLAC")
    wav_url = serializers.SerializerMethodField(help_text="For players in browsers")
    spectrogram_url = serializers.SerializerMethodField()
    peaks = serializers.SerializerMethodField(help_text="The waveform as it is drawn")
    prediction = serializers.SerializerMethodField(help_text="Null while you are to answer without it")

    def get_peaks(self, offer: Offer) -> list[float]:
        peaks: list[float] = offer.clip.peaks
        return peaks

    def get_audio_url(self, offer: Offer) -> str:
        return reverse("api:review-audio", args=[offer.clip.pk])

    def get_wav_url(self, offer: Offer) -> str:
        return reverse("api:review-wav", args=[offer.clip.pk])

    def get_spectrogram_url(self, offer: Offer) -> str:
        return reverse("api:review-spectrogram", args=[offer.clip.pk])

    @extend_schema_field(PredictionSerializer(allow_null=True))
    def get_prediction(self, offer: Offer) -> dict[str, Any] | None:
        return serialize_prediction(offer.prediction, offer.clip) if offer.prediction else None


class LeaseSerializer(serializers.Serializer[Any]):
    leased_until = serializers.DateTimeField()


@cache
def _fields_of_decision() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    return super(DecisionSerializer, DecisionSerializer()).get_fields()


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    clip = serializers.UUIDField(source="clip_id")
    # Fields of the decision, which DRF keeps apart from the attribute of the same name.
    label = serializers.CharField(source="label.key", default=None, allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Decision
        fields = ["clip", "state", "label", "flag", "how", "decided_at"]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        # DRF makes them from the model anew for every review, which takes longer than all else of it.
        return deepcopy(_fields_of_decision())


class SavedSerializer(serializers.Serializer[SubmittedReview]):
    """What is kept, and what the model had said."""

    review = serializers.IntegerField(source="review.pk")
    clip = serializers.UUIDField(source="review.clip_id")
    kind = serializers.CharField(source="review.kind")
    decision = DecisionSerializer()
    agrees = serializers.BooleanField(allow_null=True, help_text="Whether the model says so too")
    prediction = serializers.SerializerMethodField()
    notes = NoteSerializer(many=True)

    @extend_schema_field(PredictionSerializer(allow_null=True))
    def get_prediction(self, saved: SubmittedReview) -> dict[str, Any] | None:
        return serialize_prediction(saved.prediction, saved.prediction.clip) if saved.prediction else None


class UndoneSerializer(SavedSerializer):
    offer = serializers.SerializerMethodField(
        help_text="The clip, which is kept for you again; null while somebody else has it"
    )

    @extend_schema_field(OfferSerializer(allow_null=True))
    def get_offer(self, saved: SubmittedReview) -> dict[str, Any] | None:
        offer: Offer | None = self.context["offer"]
        return OfferSerializer(offer).data if offer else None


class ProgressSerializer(serializers.Serializer[Progress]):
    left = serializers.IntegerField(help_text="Clips that wait for you")
    held_by_others = serializers.IntegerField(help_text="Clips that other reviewers have at the moment")
    done_today = serializers.IntegerField()
    median_ms = serializers.IntegerField(
        allow_null=True, help_text="Your time per clip, of your last answers"
    )
