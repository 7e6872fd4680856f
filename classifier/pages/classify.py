"""The page where a person records or uploads. With JavaScript the API receives the clips instead."""

import logging
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from classifier.clips.examples import EXAMPLES
from classifier.clips.submit import Submission, submit_clip
from classifier.models import Clip, Label
from classifier.pages.forms import OptionsForm
from classifier.pages.requests import PersonRequest
from emotion_site.accounts.checklist import checklist_of
from emotion_site.api.throttling import count_like_api
from emotion_site.exceptions import UserError
from emotion_site.models import User

logger = logging.getLogger(__name__)
Refusal = tuple[str, UserError]
# Stands for a clip's id in an address until the browser knows it.
ANY_ID = "00000000-0000-0000-0000-000000000000"


@login_required
@require_http_methods(["GET", "POST"])
def classify(request: PersonRequest) -> HttpResponse:
    if request.method == "POST":
        return _submit(request)
    context = _context(blank_options_form(request.user)) | {"checklist": checklist_of(request.user)}
    return render(request, "classifier/classify.html", context)


def blank_options_form(user: User) -> OptionsForm:
    """The form as it is before anything is sent; its switches follow the person's settings."""
    initial = {
        "shared_for_review": user.share_for_review,
        "shared_for_training": user.share_for_training,
    }
    return OptionsForm(initial=initial, label_suffix="")


def _submit(request: PersonRequest) -> HttpResponse:
    """A plain form with one or more files, sent by a browser without JavaScript."""
    form = OptionsForm(request.POST, label_suffix="")
    if not form.is_valid():
        return render(request, "classifier/classify.html", _context(form), status=400)
    submissions, refusals = _submit_each(request, form, request.FILES.getlist("file"))
    if refusals:
        return refused(request, form, submissions, refusals)
    for submission in submissions:
        for note in submission.notes:
            messages.info(request, note["detail"])
    return redirect(submissions[0].clip) if len(submissions) == 1 else redirect("classifier:history")


def _submit_each(
    request: PersonRequest, form: OptionsForm, files: "Sequence[UploadedFile[bytes]]"
) -> tuple[list[Submission], list[Refusal]]:
    submissions, refusals = [], []
    chosen: list[UploadedFile[bytes] | None] = [*files] or [None]
    for file in chosen:
        try:
            count_like_api(request)
            submission = submit_clip(
                owner=request.user, file=file, source=Clip.Source.UPLOAD, options=form.options()
            )
            submissions.append(submission)
        except UserError as error:
            logger.warning("Refused an upload user=%s code=%s", request.user.pk, error.code)
            refusals.append(((file and file.name) or "", error))
    return submissions, refusals


def refused(
    request: PersonRequest, form: OptionsForm, submissions: list[Submission], refusals: list[Refusal]
) -> HttpResponse:
    """The page again, with what was kept and why the rest was not; ``refusals`` holds one at least."""
    error = refusals[0][1]
    context = _context(form) | {
        "kept": [submission.clip for submission in submissions],
        "refusals": [{"name": name, "detail": error.detail} for name, error in refusals],
    }
    response = render(request, "classifier/classify.html", context, status=error.status)
    if error.retry_after_s:
        response["Retry-After"] = str(error.retry_after_s)
    return response


def _context(options_form: OptionsForm) -> dict[str, Any]:
    return {
        "options_form": options_form,
        "examples": EXAMPLES,
        "browser_settings": _browser_settings(),
    }


def _browser_settings() -> dict[str, Any]:
    return {
        "maxBytes": settings.CLIP_MAX_BYTES,
        "maxSeconds": settings.CLIP_MAX_SECONDS,
        "minSeconds": settings.CLIP_MIN_SECONDS,
        "anyId": ANY_ID,
        "submitUrl": reverse("api:clip-list"),
        "resultUrl": reverse("classifier:result", args=[ANY_ID]),
        "labels": {
            label.key: {"name": str(label), "colour": label.colour} for label in Label.objects.of_task()
        },
    }
