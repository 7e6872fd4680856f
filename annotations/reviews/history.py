"""What happened to a clip in a task, in words, in the order in which it happened."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from annotations.models import Decision, DecisionChange, Objection, Review
from classifier.models import Task


@dataclass(frozen=True)
class HistoryEntry:
    """``who`` is a pseudonym or a part in it, never the name of a reviewer or an owner."""

    created: datetime
    who: str
    what: str
    detail: str = ""
    comment: str = ""


def history_of(clip_id: UUID, task: Task) -> list[HistoryEntry]:
    """For administrators: every review, decision and objection, also of a clip that is gone."""
    reviews = Review.objects.filter(clip_id=clip_id, task=task).select_related(
        "label", "predicted_label", "model_version"
    )
    changes = _changes(clip_id, task).select_related("actor")
    events = [_reviewed(review) for review in reviews]
    events += [_decided(change, _adjudicator(change), change.comment) for change in changes]
    return _in_order([*events, *_objections(clip_id, task, _("The owner"))])


def history_for_owner(clip_id: UUID, task: Task) -> list[HistoryEntry]:
    """The history as its owner may read it: no pseudonym or comment, nothing that distinguishes reviewers."""
    reviews = Review.objects.filter(clip_id=clip_id, task=task).select_related("label")
    someone = _("A reviewer")
    events = [HistoryEntry(review.created, someone, describe_review(review)) for review in reviews]
    settled = [Decision.State.DECIDED, Decision.State.EXCLUDED, Decision.State.CONFLICTING]
    events += [_decided(change, "", "") for change in _changes(clip_id, task).filter(state__in=settled)]
    return _in_order([*events, *_objections(clip_id, task, _("You"))])


def describe_review(review: Review) -> str:
    if review.kind == Review.Kind.WITHDRAWN:
        return _("took the answer back")
    name = str(review.label) if review.label else review.get_flag_display()
    if review.kind == Review.Kind.REVISED:
        return _("answered with the prediction in view: %(answer)s") % {"answer": name}
    return _("answered: %(answer)s") % {"answer": name}


def _reviewed(review: Review) -> HistoryEntry:
    who = review.rater or _("An anonymous vote")
    return HistoryEntry(review.created, who, describe_review(review), _context_of(review), review.comment)


def _context_of(review: Review) -> str:
    parts = []
    if review.predicted_label and review.model_version:
        values = {"number": review.model_version.number, "answer": review.predicted_label}
        parts.append(_("version %(number)d said %(answer)s") % values)
    if review.milliseconds is not None:
        parts.append(_("after %(seconds)s s") % {"seconds": number_format(review.milliseconds / 1000, 1)})
    if review.picked_by:
        parts.append(review.get_picked_by_display())
    return ", ".join(parts)


def _changes(clip_id: UUID, task: Task) -> QuerySet[DecisionChange]:
    return DecisionChange.objects.filter(clip_id=clip_id, task=task).select_related("label")


def _adjudicator(change: DecisionChange) -> str:
    """Administrators may see who adjudicated; the author of the latest review stays a pseudonym."""
    if change.how != Decision.How.ADJUDICATED:
        return ""
    return change.actor.get_short_name() if change.actor else _("A former administrator")


def _decided(change: DecisionChange, adjudicator: str, comment: str) -> HistoryEntry:
    text = change.get_state_display()
    if answer := (str(change.label) if change.label else change.get_flag_display()):
        text = pgettext("state: label", "%(state)s: %(answer)s") % {
            "state": text,
            "answer": answer,
        }
    detail = ", ".join(filter(None, [change.get_how_display(), adjudicator]))
    return HistoryEntry(change.created, "", capfirst(text), detail, comment)


def _objections(clip_id: UUID, task: Task, who: str) -> list[HistoryEntry]:
    found = Objection.objects.filter(clip_id=clip_id, task=task).select_related("wished_label")
    return [_objected(objection, who) for objection in found]


def _objected(objection: Objection, who: str) -> HistoryEntry:
    what = _("objected to the prediction")
    if objection.wished_label:
        what = _("objected to the prediction and hears: %(answer)s") % {"answer": objection.wished_label}
    return HistoryEntry(objection.created, who, what, "", objection.comment)


def _in_order(events: list[HistoryEntry]) -> list[HistoryEntry]:
    return sorted(events, key=lambda event: event.created)
