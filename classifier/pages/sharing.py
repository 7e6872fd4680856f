"""Sharing many clips at once; one alone is shared on its own page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from classifier.clips.sharing import share_clips
from classifier.models import Clip
from classifier.pages.requests import PersonRequest, chosen_ids, next_address

# Value of the button -> shared for review, shared for training.
CHOICES = {"review": (True, False), "training": (True, True), "nothing": (False, False)}


@login_required
@require_POST
def share_many(request: PersonRequest) -> HttpResponse:
    """Share or take back the clips named by ``ids``; those that are not the person's are passed over."""
    choice = CHOICES.get(request.POST.get("share", ""))
    clips = Clip.objects.visible_to(request.user).filter(pk__in=chosen_ids(request))
    if choice is None or not clips.exists():
        messages.info(request, _("Nothing was changed: nothing was chosen, or it was already gone."))
        return redirect(next_address(request))
    review, training = choice
    count = share_clips(clips=clips, review=review, training=training)
    messages.success(request, _result(count, review) % {"count": count})
    return redirect(next_address(request))


def _result(count: int, review: bool) -> str:
    if review:
        return ngettext("%(count)d clip is shared.", "%(count)d clips are shared.", count)
    return ngettext(
        "Only you can hear %(count)d clip now.", "Only you can hear these %(count)d clips now.", count
    )
