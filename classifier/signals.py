from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from classifier import housekeeping as housekeeping_of_clips
from classifier import intake, predictor
from classifier.engine.memory import hold_back_little_memory
from classifier.models import Clip, ModelVersion
from emotion_site import health
from emotion_site.signals import housekeeping, web_process_starting


@receiver(post_delete, sender=Clip)
def remove_audio(instance: Clip, **kwargs: Any) -> None:
    """The file goes with the row, whichever way the row went (purge, a deleted user, the admin)."""
    name = instance.audio.name or ""
    transaction.on_commit(lambda: default_storage.delete(name))


@receiver(housekeeping)
def look_after_clips(**kwargs: Any) -> None:
    housekeeping_of_clips.look_after_clips()


@receiver(web_process_starting)
def warm_up(**kwargs: Any) -> None:
    """Load the model and start the decoders before the first visitor waits for them."""
    hold_back_little_memory()
    predictor.active_engine().start()
    intake.decoder_pool().start()


def model_is_active() -> bool:
    return ModelVersion.objects.active().exists()


health.checks["model"] = model_is_active
