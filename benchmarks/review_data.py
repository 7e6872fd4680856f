"""100,000 clips and 300,000 reviews, as twenty reviewers would have left them."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, models
from django.utils import timezone

from annotations.models import CurrentReview, Decision, QueueEntry, Review
from annotations.reviews.pseudonyms import pseudonym_of
from classifier.models import Clip, Label, ModelVersion, Prediction, Task
from emotion_site.models import User
from emotion_site.roles import Role, set_role

BATCH = 5000
OWNERS = 200
REVIEWERS = 20
# Of the clips, so many still wait, half of them for a second person; the others were reviewed three or four
# times.
OPEN_SHARE = 0.2


class Site:
    """Fills an empty database. The same seed makes the same site."""

    def __init__(self, clips: int, reviews: int) -> None:
        self._random = random.Random(0)  # noqa: S311  # no secret
        self.task = Task.objects.get(slug="emotion")
        self.labels = list(self.task.labels.order_by("order"))
        self.version = ModelVersion.objects.create(
            task=self.task,
            number=1,
            origin="imported",
            folder="emotion/1",
            checksum="0" * 64,
            manifest={"labels": [label.key for label in self.labels]},
        )
        self.reviewers = [_person(number, Role.REVIEWER) for number in range(REVIEWERS)]
        self._raters = [(person, pseudonym_of(person)) for person in self.reviewers]
        owners = [_person(number, Role.USER) for number in range(REVIEWERS, REVIEWERS + OWNERS)]
        self.clip_ids = [uuid4() for _number in range(clips)]
        self._n_open = round(clips * OPEN_SHARE)
        self._n_begun = self._n_open // 2
        self._begun = set(self.clip_ids[self._n_open - self._n_begun : self._n_open])
        self._reviews_each = (reviews - self._n_begun) / max(clips - self._n_open, 1)
        self._owners: Sequence[User] = owners

    def fill(self, note: Callable[[str], None]) -> None:
        note("clips and predictions")
        _keep(Clip, (self._clip(number, pk) for number, pk in enumerate(self.clip_ids)))
        _keep(Prediction, (self._prediction(pk) for pk in self.clip_ids))
        # Figures count what a version said before the answers.
        Prediction.objects.update(created=timezone.now() - timedelta(days=365))
        note("reviews")
        _keep(Review, self._reviews())
        _keep(CurrentReview, (self._current(review) for review in Review.objects.iterator(BATCH)))
        note("queue and decisions")
        _keep(QueueEntry, (self._entry(number, pk) for number, pk in enumerate(self.clip_ids)))
        _keep(Decision, (self._decision(number, pk) for number, pk in enumerate(self.clip_ids)))
        with connection.cursor() as cursor:
            # As the server does by itself some minutes after so many rows.
            cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")

    def _clip(self, number: int, pk: UUID) -> Clip:
        return Clip(
            pk=pk,
            owner=self._owners[number % OWNERS],
            source=Clip.Source.UPLOAD,
            status=Clip.Status.DONE,
            audio=f"{pk.hex}.flac",
            checksum=pk.hex,
            duration_s=3.0,
            peaks=[0.1] * 200,
            shared_for_review=True,
        )

    def _label(self) -> Label:
        return self._random.choice(self.labels)

    def _prediction(self, pk: UUID) -> Prediction:
        return Prediction(
            clip_id=pk,
            model_version=self.version,
            label=self._label(),
            scores={label.key: 1 / len(self.labels) for label in self.labels},
            confidence=0.5,
            margin=self._random.random(),
            entropy=1.0,
            milliseconds=10,
        )

    def _reviews(self) -> Iterator[Review]:
        now, owed = timezone.now(), 0.0
        for number, pk in enumerate(self.clip_ids[self._n_open - self._n_begun :]):
            owed += 1 if number < self._n_begun else self._reviews_each
            truth = self._label()
            for person, rater in self._random.sample(self._raters, int(owed)):
                owed -= 1
                yield Review(
                    task=self.task,
                    clip_id=pk,
                    reviewer=person,
                    rater=rater,
                    kind=Review.Kind.BLIND,
                    label=truth if self._random.random() < 0.7 else self._label(),
                    picked_by="random" if number % 5 == 0 else "uncertain",
                    client_id=uuid4().hex,
                    milliseconds=2000,
                    created=now - timedelta(minutes=number % 200_000),
                )

    def _current(self, review: Review) -> CurrentReview:
        return CurrentReview(
            task_id=review.task_id,
            clip_id=review.clip_id,
            rater=review.rater,
            reviewer_id=review.reviewer_id,
            review=review,
            label_id=review.label_id,
            blind_label_id=review.label_id,
            picked_by=review.picked_by,
            created=review.created,
            may_be_open=review.clip_id in self._begun,  # as housekeeping leaves it
        )

    def _entry(self, number: int, pk: UUID) -> QueueEntry:
        return QueueEntry(
            clip_id=pk,
            task=self.task,
            owner=self._owners[number % OWNERS],
            is_random=self._random.random() < 0.2,
            overlap_draw=self._random.random(),
            priority=self._random.random(),
            needed=2 if self._is_begun(number) else 1,
            given=1 if self._is_begun(number) else 0 if number < self._n_open else 3,
            is_open=number < self._n_open,
        )

    def _is_begun(self, number: int) -> bool:
        return self._n_open - self._n_begun <= number < self._n_open

    def _decision(self, number: int, pk: UUID) -> Decision:
        if number < self._n_open:
            state = Decision.State.IN_REVIEW if self._is_begun(number) else Decision.State.WAITING
            return Decision(clip_id=pk, task=self.task, state=state)
        fields: dict[str, Any] = {"state": "decided", "label": self._label(), "how": "consensus"}
        return Decision(clip_id=pk, task=self.task, decided_at=timezone.now(), **fields)


def _person(number: int, role: Role) -> User:
    user = User.objects.create_user(f"bench{number}@example.org")
    if role != Role.USER:
        set_role(user=user, role=role)
    return user


def _keep(model: type[models.Model], rows: Iterator[Any]) -> None:
    while batch := list(islice(rows, BATCH)):
        model._default_manager.bulk_create(batch)
