"""Whether a reviewer may prefetch the clip after this one: not when others have too few left."""

from django.db.models import Q
from django.utils import timezone

from annotations.models import QueueEntry
from annotations.queue.leases import LONGEST
from classifier.models import Task
from emotion_site.models import User

# So many free clips must be left for each of the others.
FREE_PER_OTHER = 5


def may_prefetch(*, reviewer: User, task: Task) -> bool:
    now = timezone.now()
    is_held = Q(leased_until__gt=now, leased_until__lte=now + LONGEST)
    waiting = QueueEntry.objects.filter(task=task, is_open=True)
    held = waiting.filter(is_held, leased_by__isnull=False).exclude(leased_by=reviewer)
    others = held.values("leased_by").distinct().count()
    needed = FREE_PER_OTHER * others
    free = waiting.filter(~is_held | Q(leased_until__isnull=True))
    return not others or free[: needed + 1].count() > needed
