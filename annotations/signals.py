from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from annotations import tasks
from annotations.agreement.report_cache import store_missing_reports
from annotations.exports.jobs import forget_old_exports
from annotations.exports.services import delete_exports_of
from annotations.exports.upkeep import with_sound
from annotations.queue.entries import enter_missing_clips, sync_entries
from annotations.queue.waiting import refresh_may_be_open
from classifier.events import clips_changed
from classifier.models import Clip, Task
from emotion_site.models import User
from emotion_site.signals import access_ended, housekeeping

# What, when it is saved, moves a clip in the queue, into it or out of it.
_MOVING = {"shared_for_review", "margin", "deleted_at"}


@receiver(post_save, sender=Clip)
def sync_entry(
    instance: Clip,
    created: bool,
    update_fields: Collection[str] | None = None,
    raw: bool = False,
    **kwargs: Any,
) -> None:
    concerns_queue = update_fields is None or not _MOVING.isdisjoint(update_fields)
    was_withdrawn = not created and (update_fields is None or "shared_for_review" in update_fields)
    if not raw and concerns_queue and (instance.shared_for_review or was_withdrawn):
        sync_entries([instance.pk])
    if was_withdrawn and not raw:
        _check_exports()


@receiver(clips_changed)
def sync_many_entries(clip_ids: list[UUID], **kwargs: Any) -> None:
    sync_entries(clip_ids)
    _check_exports()


def _check_exports() -> None:
    """Files with sound forget what was taken back, soon after."""
    if with_sound():
        transaction.on_commit(tasks.check_exports.enqueue)


@receiver(housekeeping)
def do_housekeeping(**kwargs: Any) -> None:
    enter_missing_clips()
    for task in Task.objects.all():
        refresh_may_be_open(task)
    forget_old_exports()
    store_missing_reports()


@receiver(access_ended)
def take_exports_away(user: User, **kwargs: Any) -> None:
    delete_exports_of(user)
