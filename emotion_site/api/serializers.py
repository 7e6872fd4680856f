from typing import Any

from rest_framework import serializers


class ErrorSerializer(serializers.Serializer[Any]):
    """The one shape of every error."""

    code = serializers.CharField(help_text="Stable, for programs")
    detail = serializers.CharField(help_text="A sentence, for people")
