"""Delete and undo, by htmx fragments or, without JavaScript, by redirects."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from classifier.clips.deletion import delete_clips, restore_clips
from classifier.models import Clip
from classifier.pages.clip.views import result_context
from classifier.pages.requests import PersonRequest, chosen_ids, next_address
from classifier.pages.undo import remember_deletion
from emotion_site.exceptions import UserError


@login_required
@require_POST
def delete(request: PersonRequest) -> HttpResponse:
    """Delete the clips named by ``ids``; those that are not the person's are passed over."""
    clips = Clip.objects.visible_to(request.user).filter(pk__in=chosen_ids(request))
    deleted = delete_clips(clips=clips)
    if _stays_in_place(request):
        context = {"ids": deleted, "undo_seconds": settings.UNDO_SECONDS}
        return render(request, "classifier/_deleted.html", context)
    if deleted:
        remember_deletion(request, deleted)
    else:
        messages.info(request, _("Nothing was deleted: nothing was chosen, or it was already gone."))
    return redirect(next_address(request))


@login_required
@require_POST
def restore(request: PersonRequest) -> HttpResponse:
    """Undo a deletion."""
    ids = chosen_ids(request)
    try:
        count = restore_clips(owner=request.user, clip_ids=ids)
    except UserError as error:
        if _stays_in_place(request):
            return render(request, "classifier/_gone.html", {"detail": error.detail})
        messages.error(request, str(error.detail))
        return redirect(next_address(request))
    if _stays_in_place(request):
        clip = get_object_or_404(Clip.objects.visible_to(request.user).with_predictions(), pk=ids[0])
        return render(request, "classifier/clip/_result.html", result_context(clip))
    text = ngettext("%(count)d clip is back.", "%(count)d clips are back.", count)
    messages.success(request, text % {"count": count})
    return redirect(next_address(request))


def _stays_in_place(request: PersonRequest) -> bool:
    return bool(request.htmx) and "in_place" in request.POST
