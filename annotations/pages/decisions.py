"""The decision on every clip."""

from typing import Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from annotations.models import Decision, Flag
from annotations.pages.requested_task import requested_task
from annotations.queue.progress import counts_by_state
from annotations.reviews.listings import decisions_of, votes_by_clip
from classifier.models import Task
from emotion_site.sign_in.guards import SignedInRequest, admin_required
from emotion_site.web.keyset import LATEST_FIRST, page_of


class DecisionFilter(forms.Form):
    """Read from the address of the page; what makes no sense is left out and shows its error."""

    answer = forms.ChoiceField(label=_("Label"), required=False)
    how = forms.ChoiceField(label=_("How"), required=False, choices=[("", _("All")), *Decision.How.choices])

    def __init__(self, data: Any, *, task: Task) -> None:
        super().__init__(data, label_suffix="")
        labels = [(label.key, str(label)) for label in task.labels.order_by("order")]
        field = cast(forms.ChoiceField, self.fields["answer"])
        field.choices = [("", pgettext_lazy("label", "All")), *labels, *Flag.choices]

    def wanted(self) -> dict[str, Any]:
        self.is_valid()
        found: dict[str, Any] = {}
        if answer := self.cleaned_data.get("answer"):
            found |= {"flag": answer} if answer in Flag.values else {"label__key": answer}
        if how := self.cleaned_data.get("how"):
            found["how"] = how
        return found


@admin_required
@require_safe
def decisions(request: SignedInRequest) -> HttpResponse:
    task, tasks = requested_task(request)
    form = DecisionFilter(request.GET, task=task)
    state = request.GET.get("state", "")
    wanted = form.wanted() | ({"state": state} if state in Decision.State.values else {})
    page = page_of(
        decisions_of(task).filter(**wanted), order=LATEST_FIRST, cursor=request.GET.get("cursor", "")
    )
    votes = votes_by_clip(task, [decision.clip_id for decision in page.rows])
    counts = counts_by_state(task)
    context = {
        "task": task,
        "tasks": tasks,
        "form": form,
        "state": state if state in Decision.State.values else "",
        "states": [(value, name, counts[value]) for value, name in Decision.State.choices],
        "total": sum(counts.values()),
        "page": page,
        "rows": [(decision, votes[decision.clip_id]) for decision in page.rows],
    }
    return render(request, "annotations/decisions.html", context)
