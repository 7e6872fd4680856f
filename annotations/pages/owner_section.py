"""What the owner of a clip reads about its review on the clip's page."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.imports.labels import DEFAULT_TASK
from annotations.models import Decision, ListenLog, Objection, QueueEntry
from annotations.queue.offers import prediction_of
from annotations.reviews.history import history_for_owner
from classifier.models import Clip, Task
from emotion_site.models import User
from emotion_site.roles import Role


def section_context(request: HttpRequest, clip: Clip) -> dict[str, Any]:
    task = Task.objects.get(slug=DEFAULT_TASK)
    history = history_for_owner(clip.pk, task)
    decision = Decision.objects.filter(clip=clip, task=task).select_related("label").first()
    return {
        "labels": task.labels.order_by("order"),
        "standing": standing(clip, decision, was_reviewed=bool(history)),
        "review_history": history,
        "audience": audience_in_words(clip),
        "objection": Objection.objects.filter(clip=clip, task=task).select_related("wished_label").first(),
        "has_prediction": prediction_of(clip, task) is not None,
        "effect": effect_of_objecting(clip, task),
    }


def effect_of_objecting(clip: Clip, task: Task) -> str:
    """The effect of an objection by the owner."""
    if not clip.shared_for_review:
        return _("We keep what you say, but nobody listens to the clip unless you share it for review.")
    if QueueEntry.objects.filter(clip=clip, task=task, is_open=False).exists():
        return _(
            "We keep what you say. People have already reviewed this clip, so it does not move in the queue."
        )
    return _(
        "Your clip moves forward in the queue, unless it was drawn at random. Reviewers hear it without "
        "knowing what you or the model say, so this decides nothing by itself."
    )


def standing(clip: Clip, decision: Decision | None, *, was_reviewed: bool) -> str:
    """In plain words, where the clip is in its review."""
    if not clip.shared_for_review:
        if was_reviewed:
            return _(
                "You do not share this clip, so nobody else can hear it. What was said about it stays, "
                "without your name, but it is in no new export."
            )
        return _("You do not share this clip, so nobody else can hear it and nobody reviews it.")
    if decision is None:
        return _("Nobody reviews clips here at the moment.")
    return _in_words(decision)


def _in_words(decision: Decision) -> str:
    state = Decision.State
    if decision.state == state.DECIDED:
        return _("Reviewed. People hear: %(answer)s.") % {"answer": decision.label}
    if decision.state == state.EXCLUDED:
        return _("Reviewed. It has no label: %(reason)s.") % {"reason": decision.get_flag_display()}
    if decision.state == state.CONFLICTING:
        return _("Reviewers do not agree. An administrator will listen and decide.")
    if decision.state == state.IN_REVIEW:
        entry = QueueEntry.objects.get(clip_id=decision.clip_id, task_id=decision.task_id)
        counts = {"given": entry.given, "needed": entry.needed}
        return _("In review: %(given)d of %(needed)d reviewers have answered.") % counts
    return _("It is waiting for a reviewer.")


def audience_in_words(clip: Clip) -> list[str]:
    """How many people may listen to a shared clip, and how many have."""
    active = User.objects.filter(is_active=True).exclude(clips=clip)
    sentences = []
    if clip.shared_for_review:
        reviewers = active.filter(is_superuser=False, groups__name=Role.REVIEWER).count()
        admins = active.filter(is_superuser=True).count()
        by_reviewers = ngettext(
            "%(count)d reviewer may hear it.", "%(count)d reviewers may hear it.", reviewers
        )
        by_admins = ngettext(
            "%(count)d administrator may hear it.", "%(count)d administrators may hear it.", admins
        )
        sentences = [by_reviewers % {"count": reviewers}, by_admins % {"count": admins}]
    listeners = ListenLog.objects.filter(clip_id=clip.pk).order_by().values("pseudonym").distinct().count()
    listened = ngettext("%(count)d person has listened.", "%(count)d people have listened.", listeners)
    return [*sentences, listened % {"count": listeners} if listeners else _("Nobody has listened yet.")]
