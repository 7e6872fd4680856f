"""Which decisions a person may read."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from annotations.models import CurrentReview, Decision
from annotations.reviews.listings import decisions_of
from classifier.models import Task
from emotion_site.models import User
from emotion_site.roles import is_admin


def decisions_visible_to(user: User, task: Task) -> QuerySet[Decision]:
    """Administrators read all of shared clips; others those of their own clips and of clips they reviewed."""
    mine = Decision.objects.filter(task=task, clip__owner=user, clip__deleted_at__isnull=True)
    decisions = decisions_of(task)
    if is_admin(user):
        return decisions
    reviewed = CurrentReview.objects.filter(task=task, clip=OuterRef("clip"), reviewer=user)
    theirs = decisions.filter(Exists(reviewed))
    return Decision.objects.filter(
        Q(pk__in=mine.values("pk")) | Q(pk__in=theirs.values("pk"))
    ).select_related("label")
