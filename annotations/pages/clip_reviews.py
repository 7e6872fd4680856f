"""All reviews of one clip, and its adjudication by an administrator."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from annotations.models import CurrentReview, Decision, DecisionChange, Flag, ListenLog, Objection
from annotations.pages.review_settings import FLAG_KEYS
from annotations.queue.offers import playable_by, prediction_of
from annotations.reviews.adjudication import adjudicate
from annotations.reviews.choice import read_choice
from annotations.reviews.history import history_of
from annotations.reviews.listings import next_conflict
from classifier.models import Clip, Task
from emotion_site.exceptions import UserError
from emotion_site.sign_in.guards import SignedInRequest, admin_required

MOST_LISTENS = 50


@admin_required
@require_http_methods(["GET", "HEAD", "POST"])
def clip_reviews(request: SignedInRequest, task: str, pk: UUID) -> HttpResponse:
    about = get_object_or_404(Task, slug=task)
    problem: UserError | None = None
    if request.method == "POST":
        try:
            return _decide(request, about, pk)
        except UserError as error:
            problem = error
    context = _page_context(request, about, pk)
    if problem is not None:
        context |= {"problem": problem, "chosen": request.POST.get("answer", "")}
        context["comment"] = request.POST.get("comment", "")
    status = problem.status if problem else 200
    return render(request, "annotations/clip_reviews.html", context, status=status)


def _decide(request: SignedInRequest, task: Task, pk: UUID) -> HttpResponse:
    """Write what was chosen and go on to the next conflict, when this was one."""
    chosen = request.POST.get("answer", "")
    is_flag = chosen in Flag.values and not task.labels.filter(key=chosen).exists()
    choice = read_choice(
        task,
        label="" if is_flag else chosen,
        flag=chosen if is_flag else "",
        comment=request.POST.get("comment", ""),
    )
    if request.POST.get("seen", "") != _newest_change(task, pk):
        detail = _("Something about this clip changed while you looked at it. Look again, then decide.")
        raise UserError("changed_meanwhile", detail, status=409)
    before = Decision.objects.filter(task=task, clip_id=pk).first()
    was_conflict = before is not None and before.state == Decision.State.CONFLICTING
    decision = adjudicate(administrator=request.user, task=task, clip_id=pk, choice=choice)
    name = choice.label or decision.get_flag_display()
    messages.success(request, _("Decided: %(answer)s.") % {"answer": name})
    if not was_conflict:
        return redirect(request.path)
    following = next_conflict(task, request.user, behind=decision)
    if following is None:
        return redirect(f"{reverse('annotations:conflicts')}?task={task.slug}")
    return redirect("annotations:clip_reviews", task=task.slug, pk=following.clip_id)


def _newest_change(task: Task, clip_id: UUID) -> str:
    changes = DecisionChange.objects.filter(task=task, clip_id=clip_id)
    newest = changes.order_by("-pk").values_list("pk", flat=True).first()
    return str(newest or "")


def _page_context(request: SignedInRequest, task: Task, pk: UUID) -> dict[str, Any]:
    clip = Clip.objects.filter(pk=pk).first()
    history = history_of(pk, task)
    decision = Decision.objects.filter(task=task, clip_id=pk).select_related("label").first()
    if decision is None and not history:
        raise Http404
    is_playable = playable_by(request.user).filter(pk=pk).exists()
    is_conflict = decision is not None and decision.state == Decision.State.CONFLICTING
    return {
        "tab": "conflicts" if is_conflict else "decisions",
        "task": task,
        "clip_id": pk,
        "clip": clip if is_playable else None,
        "decision": decision,
        "is_own": clip is not None and clip.owner_id == request.user.pk,
        "opinions": _opinions(task, pk),
        "objection": Objection.objects.filter(task=task, clip_id=pk).select_related("wished_label").first(),
        "prediction": prediction_of(clip, task) if clip and is_playable else None,
        "labels": task.labels.order_by("order"),
        "flags": [(flag, flag.label, key) for flag, key in FLAG_KEYS.items()],
        "seen": _newest_change(task, pk),
        "next": next_conflict(task, request.user, behind=decision) if decision and is_conflict else None,
        "history": history,
        "listens": ListenLog.objects.filter(clip_id=pk).select_related("listener")[:MOST_LISTENS],
    }


def _opinions(task: Task, clip_id: UUID) -> list[CurrentReview]:
    current = CurrentReview.objects.filter(task=task, clip_id=clip_id)
    return list(current.select_related("label", "blind_label", "review").order_by("review_id"))
