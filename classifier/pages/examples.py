import logging

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from classifier.clips.examples import BY_SLUG, submit_example
from classifier.pages.classify import blank_options_form, refused
from classifier.pages.requests import PersonRequest
from emotion_site.api.throttling import count_like_api
from emotion_site.exceptions import UserError

logger = logging.getLogger(__name__)


@login_required
@require_POST
def try_example(request: PersonRequest, slug: str) -> HttpResponse:
    """Classify a clip that ships with the site; a second try shows the first result."""
    example = BY_SLUG.get(slug)
    if example is None:
        raise Http404
    try:
        count_like_api(request)
        submission = submit_example(owner=request.user, example=example)
    except UserError as error:
        logger.warning("Refused an example user=%s code=%s", request.user.pk, error.code)
        return refused(request, blank_options_form(request.user), [], [(str(example.name), error)])
    return redirect(submission.clip)
