"""A clip's title and speaker."""

from classifier.models import Clip


def rename_clip(*, clip: Clip, title: str) -> None:
    clip.title = " ".join(title.split())[: Clip._meta.get_field("title").max_length]
    clip.save(update_fields=["title", "folded_title"])


def name_speaker(*, clip: Clip, speaker: str) -> None:
    """Set the speaker; an empty name means the owner."""
    clip.speaker = " ".join(speaker.split())[: Clip._meta.get_field("speaker").max_length]
    clip.save(update_fields=["speaker"])
