"""Appending to the log of reviews, and deriving the current review of each rater and clip from it."""

from annotations.models import CurrentReview, Review

Kind = Review.Kind


def append(review: Review, current: CurrentReview | None) -> None:
    """Append one review and update ``current``, its rater's current review of the clip."""
    review.save(force_insert=True)
    if review.kind == Kind.WITHDRAWN:
        if current is not None:
            current.delete()
        return
    current = current or new_current_review(review)
    apply_review(current, review)
    current.save()


def new_current_review(review: Review) -> CurrentReview:
    """For the first review of a rater, still to be absorbed."""
    return CurrentReview(
        task_id=review.task_id,
        clip_id=review.clip_id,
        rater=review.rater,
        reviewer_id=review.reviewer_id,
        picked_by=review.picked_by,
        created=review.created,
    )


def apply_review(current: CurrentReview, review: Review) -> None:
    """The last answer decides; the last one given blind is what figures count."""
    current.review, current.label_id, current.flag = review, review.label_id, review.flag
    if review.kind == Kind.BLIND:
        current.blind_label_id, current.blind_flag = review.label_id, review.flag
