from typing import Any

from rest_framework import serializers

from annotations.api.serializers import TaskSerializer
from classifier.models import ModelVersion
from training.models import Promotion, Snapshot, SnapshotClip, TrainingRun


class VersionField(serializers.SlugRelatedField[ModelVersion]):
    """A model version by its number; the view says of which task."""

    def __init__(self, **given: Any) -> None:
        super().__init__(slug_field="number", read_only=True, **given)


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    task = serializers.CharField(source="task.slug")

    class Meta:
        model = Snapshot
        fields = [
            "id",
            "task",
            "number",
            "state",
            "checksum",
            "labels",
            "options",
            "n_clips",
            "n_erased",
            "seconds",
            "counts",
            "warnings",
            "error_code",
            "percent",
            "created",
        ]


class FreezeSerializer(TaskSerializer):
    with_corpora = serializers.BooleanField(default=True)


class RunSerializer(serializers.ModelSerializer[TrainingRun]):
    task = serializers.CharField(source="task.slug")
    snapshot = serializers.IntegerField(source="snapshot.number")
    start_version = VersionField()
    version = VersionField(allow_null=True)
    compared_with = VersionField(allow_null=True)

    class Meta:
        model = TrainingRun
        fields = [
            "id",
            "task",
            "snapshot",
            "mode",
            "start_version",
            "hyperparameters",
            "state",
            "stage",
            "progress",
            "seconds_left",
            "estimated_seconds",
            "curves",
            "log",
            "error_code",
            "error_detail",
            "version",
            "compared_with",
            "verdict",
            "created",
            "started_at",
            "finished_at",
        ]


class StartRunSerializer(TaskSerializer):
    snapshot = serializers.IntegerField(help_text="Its number", required=False)
    mode = serializers.ChoiceField(choices=TrainingRun.Mode.choices, default=TrainingRun.Mode.HEAD)
    start_version = serializers.IntegerField(
        required=False, help_text="Number of the version to start from; the one in service otherwise"
    )
    hyperparameters = serializers.DictField(required=False, default=dict)


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")
    instead_of = serializers.IntegerField(
        required=False,
        help_text="Number of the version that you believe is in service; refused when it is another one",
    )


class VersionSerializer(serializers.ModelSerializer[ModelVersion]):
    task = serializers.CharField(source="task.slug")
    metrics = serializers.JSONField(source="manifest.metrics", default=None)
    made_from = serializers.JSONField(source="manifest.origin", default=None)

    class Meta:
        model = ModelVersion
        fields = [
            "id",
            "task",
            "number",
            "status",
            "origin",
            "made_from",
            "is_active",
            "checksum",
            "metrics",
            "created",
            "activated_at",
        ]


class LearnedClipSerializer(serializers.ModelSerializer[SnapshotClip]):
    clip = serializers.UUIDField(source="clip_id")
    label = serializers.CharField(source="label.key")  # type: ignore[assignment]  # fields have labels too

    class Meta:
        model = SnapshotClip
        fields = ["clip", "label", "how", "soft_labels", "speaker", "split", "erased"]


class PromotionSerializer(serializers.ModelSerializer[Promotion]):
    task = serializers.CharField(source="task.slug")
    from_version = VersionField(allow_null=True)
    to_version = VersionField()
    actor = serializers.CharField(source="actor.email", default=None, allow_null=True)

    class Meta:
        model = Promotion
        fields = ["task", "kind", "from_version", "to_version", "actor", "reason", "created"]
