"""Where reviewers start, and the page at which they work."""

from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from annotations.imports.labels import DEFAULT_TASK
from annotations.models import Decision, Flag, QueueEntry, ReviewPolicy
from annotations.pages.review_settings import FLAG_KEYS, review_settings
from annotations.queue.guidelines import guidelines_of, rules_of
from annotations.queue.offers import review_policy_of
from annotations.queue.progress import Progress, counts_by_state, progress_of
from annotations.reviews.adjudication import set_policy
from classifier.models import Task
from emotion_site.roles import is_admin, is_reviewer
from emotion_site.sign_in.guards import SignedInRequest, admin_required


class PolicyForm(forms.ModelForm):
    """How the clips of a task are reviewed, as administrators change it."""

    class Meta:
        model = ReviewPolicy
        fields = ["reviewers_needed", "doubled_percent", "random_percent", "order", "is_blind"]
        widgets = {
            "reviewers_needed": forms.Select(choices=[(number, number) for number in (1, 2, 3)]),
            "doubled_percent": forms.NumberInput(attrs={"min": 0, "max": 100}),
            "random_percent": forms.NumberInput(attrs={"min": 0, "max": 100}),
        }
        help_texts = {
            "doubled_percent": gettext_lazy("The more, the better you know how well people agree."),
            "random_percent": gettext_lazy(
                "Only these show how good the model is. Applies to clips shared from now on."
            ),
            "is_blind": gettext_lazy("People who know what the model said are swayed by it."),
        }


@dataclass(frozen=True)
class QueueCard:
    """One task's queue, as its reviewers see it."""

    task: Task
    policy: ReviewPolicy
    progress: Progress
    states: list[tuple[str, str, int]]
    form: PolicyForm | None

    @property
    def is_empty(self) -> bool:
        return not any(count for _state, _name, count in self.states)

    @property
    def seconds(self) -> float | None:
        median_ms = self.progress.median_ms
        return None if median_ms is None else median_ms / 1000


@login_required
@require_safe
def start(request: SignedInRequest) -> HttpResponse:
    return _start_page(request)


def _start_page(request: SignedInRequest, *, refused: PolicyForm | None = None) -> HttpResponse:
    if not is_reviewer(request.user):
        return render(request, "annotations/no_role.html", status=403)
    has_queue = Exists(QueueEntry.objects.filter(task=OuterRef("pk")))
    tasks = Task.objects.filter(Q(slug=DEFAULT_TASK) | Q(has_queue)).order_by("pk")
    queues = [_queue_of(request, task, refused) for task in tasks]
    status = 422 if refused else 200
    return render(request, "annotations/review_start.html", {"queues": queues}, status=status)


def _queue_of(request: SignedInRequest, task: Task, refused: PolicyForm | None) -> QueueCard:
    counts = counts_by_state(task)
    policy = review_policy_of(task)
    form = None
    if is_admin(request.user):
        was_sent = refused is not None and refused.instance.pk == policy.pk
        form = refused if was_sent else PolicyForm(instance=policy, prefix=task.slug)
    states = [(value, str(name), counts[value]) for value, name in Decision.State.choices]
    return QueueCard(task, policy, progress_of(request.user, task), states, form)


@admin_required
@require_POST
def save_policy(request: SignedInRequest, task: str) -> HttpResponse:
    policy = review_policy_of(get_object_or_404(Task, slug=task))
    form = PolicyForm(request.POST, instance=policy, prefix=task)
    if not form.is_valid():
        return _start_page(request, refused=form)
    set_policy(policy=form.instance, actor=request.user)
    messages.success(request, _("The rules of this queue are saved."))
    return redirect("annotations:queue")


@login_required
@require_safe
def work(request: SignedInRequest, task: str) -> HttpResponse:
    """The page itself is empty; its script requests clips, so that opening it leases nothing."""
    row = get_object_or_404(Task, slug=task)
    if not is_reviewer(request.user):
        return render(request, "annotations/no_role.html", status=403)
    labels = list(row.labels.order_by("order"))
    context: dict[str, Any] = {
        "task": row,
        "labels": labels,
        "flags": [(flag, flag.label, key) for flag, key in FLAG_KEYS.items()],
        "needs_comment": Flag.OTHER,
        "rules": rules_of(row),
        "guidelines": guidelines_of(row, request.user),
        "browser_settings": review_settings(row, labels, request.user)
        | {"progress": asdict(progress_of(request.user, row))},
    }
    return render(request, "annotations/review.html", context)
