"""From the reviews of a clip to one decision."""

import logging
from collections import Counter

from django.utils import timezone

from annotations.models import CurrentReview, Decision, DecisionChange, QueueEntry
from annotations.queue.waiting import mark_reopened
from emotion_site.models import User

logger = logging.getLogger(__name__)

# A label's key and a flag's never meet: one is a number here, the other a word.
Vote = tuple[int | None, str]


def settle(*, entry: QueueEntry, actor: User | None) -> Decision:
    """Decide a clip anew from its current reviews, and open or close its place in the queue.

    Call it inside the transaction that wrote the review, with the entry locked. What an administrator
    decided stays.
    """
    decision, _created = Decision.objects.select_for_update().get_or_create(
        clip_id=entry.clip_id, task_id=entry.task_id
    )
    rows = CurrentReview.objects.filter(task_id=entry.task_id, clip_id=entry.clip_id)
    votes: list[Vote] = list(rows.values_list("label_id", "flag"))
    entry.given = len(votes)
    adjudicated = decision.how == Decision.How.ADJUDICATED
    was_open, entry.is_open = entry.is_open, not adjudicated and entry.given < entry.needed
    entry.save(
        update_fields=["given", "is_open", "leased_by", "leased_until", "prediction_shown", "last_reviewer"]
    )
    if entry.is_open and not was_open:
        mark_reopened(entry.task_id, [entry.clip_id])
    if adjudicated or _keeps_import(decision, entry):
        return decision
    state, label_id, flag = plurality(votes, entry.needed)
    how = ""
    if state in (Decision.State.DECIDED, Decision.State.EXCLUDED):
        how = Decision.How.SINGLE if len(votes) == 1 else Decision.How.CONSENSUS
    elif state != Decision.State.CONFLICTING and (imported := entry.clip.reference_label_id):
        # Too many reviews were withdrawn: the label of the corpus applies again.
        state, label_id, how = Decision.State.DECIDED, imported, Decision.How.IMPORTED
    write_decision(decision, state=state, label_id=label_id, flag=flag, how=how, actor=actor)
    return decision


def _keeps_import(decision: Decision, entry: QueueEntry) -> bool:
    """An imported label is kept until the clip has as many reviews as it needs."""
    return decision.how == Decision.How.IMPORTED and entry.given < entry.needed


def plurality(votes: list[Vote], needed: int) -> tuple[str, int | None, str]:
    """State, label and flag: the most frequent vote, once there are enough of them and no tie."""
    if not votes:
        return Decision.State.WAITING, None, ""
    if len(votes) < needed:
        return Decision.State.IN_REVIEW, None, ""
    first, *others = Counter(votes).most_common(2)
    if others and others[0][1] == first[1]:
        return Decision.State.CONFLICTING, None, ""
    label_id, flag = first[0]
    return (Decision.State.EXCLUDED if flag else Decision.State.DECIDED), label_id, flag


def write_decision(
    decision: Decision,
    *,
    state: str,
    label_id: int | None,
    flag: str,
    how: str,
    actor: User | None,
    comment: str = "",
) -> None:
    """Move a decision and remember the step; nothing is written when nothing changes."""
    new = (state, label_id, flag, how)
    if new == (decision.state, decision.label_id, decision.flag, decision.how) and not comment:
        return
    decision.state, decision.flag, decision.how = state, flag, how
    decision.label_id = label_id
    decision.decided_by = actor if decision.is_settled else None
    decision.decided_at = timezone.now() if decision.is_settled else None
    decision.save()
    DecisionChange.objects.create(
        clip_id=decision.clip_id,
        task_id=decision.task_id,
        state=state,
        label_id=label_id,
        flag=flag,
        how=how,
        actor=actor,
        comment=comment,
    )
    logger.info("Decision clip=%s task=%s state=%s how=%s", decision.clip_id, decision.task_id, state, how)
