from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from classifier.clips import quotas, recovery, uploads
from classifier.inference.exceptions import NoActiveVersion
from classifier.inference.memory import release_memory_early
from classifier.models import Clip
from classifier.predictions import predictor
from emotion_site.signals import housekeeping, web_process_starting
from emotion_site.web import health


@receiver(post_delete, sender=Clip)
def remove_audio(instance: Clip, **kwargs: Any) -> None:
    """The file goes with the row, whichever way the row went (purge, a deleted user, the admin)."""
    name = instance.audio.name or ""
    if instance.owner_id is not None:
        quotas.refund(instance.owner_id, instance.stored_bytes)
    transaction.on_commit(lambda: default_storage.delete(name))


@receiver(housekeeping)
def look_after_clips(**kwargs: Any) -> None:
    recovery.clean_up_clips()


@receiver(web_process_starting)
def warm_up(**kwargs: Any) -> None:
    """Load the model and start the decoders before the first visitor waits for them."""
    release_memory_early()
    predictor.active_engine().start()
    uploads.decoder_pool().start()


def model_can_predict() -> bool:
    """Whether this process can predict; a row alone, whose files are lost, is not enough."""
    try:
        predictor.active_engine().current()
    except NoActiveVersion:
        return False
    return True


health.checks["model"] = model_can_predict
