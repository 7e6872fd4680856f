"""What the scripts of a page say and need to know, handed over as JSON so that it is translated here."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classifier.models import Label

# Stands for a clip's id in an address until the browser knows it.
ANY_ID = "00000000-0000-0000-0000-000000000000"


def classify_settings(labels: Iterable[Label]) -> dict[str, Any]:
    return {
        "maxBytes": settings.CLIP_MAX_BYTES,
        "maxSeconds": settings.CLIP_MAX_SECONDS,
        "minSeconds": settings.CLIP_MIN_SECONDS,
        "anyId": ANY_ID,
        "submitUrl": reverse("api:clip-list"),
        "resultUrl": reverse("classifier:result", args=[ANY_ID]),
        "labels": {label.key: {"name": str(label), "colour": label.colour} for label in labels},
        "texts": {**_recording_texts(), **_microphone_problems(), **_uploading_texts()},
    }


def history_texts() -> dict[str, Any]:
    return {
        "selected": {
            "one": ngettext("%(count)s clip chosen", "%(count)s clips chosen", 1),
            "other": ngettext("%(count)s clip chosen", "%(count)s clips chosen", 2),
        },
    }


def _recording_texts() -> dict[str, str]:
    return {
        "record": _("Record"),
        "stop": _("Stop"),
        "ready": _("Press the button and speak."),
        "asking": _("Your browser asks whether this page may use the microphone. Please allow it."),
        "recording": _("Recording. Press the button again when you are done."),
        "nearlyFull": _("The longest length is near; the recording will stop by itself in a few seconds."),
        "full": _("The longest length was reached, so the recording stopped by itself."),
        "recordingTitle": _("Recording %(when)s"),
        "quiet": _("Nothing is heard yet. Is the right microphone chosen, and not muted?"),
    }


def _microphone_problems() -> dict[str, str]:
    return {
        "refused": _(
            "This page may not use the microphone. Allow it at the left of the address bar (the sign beside "
            "the address), then press the button again. You can also upload a file."
        ),
        "noMicrophone": _(
            "No microphone was found. Connect one and press the button again, or upload a file."
        ),
        "microphoneBusy": _(
            "The microphone cannot be opened; perhaps another program is using it. Close it and try again."
        ),
        "insecure": _(
            "Browsers record only on a secure address, which begins with https. Ask your administrator for "
            "it. Until then you can upload a file."
        ),
        "unsupported": _("This browser cannot record. Upload a file, or use a current browser."),
        "microphoneLost": _("The microphone was disconnected. What was recorded until then is kept."),
    }


def _uploading_texts() -> dict[str, str]:
    return {
        "count": _("%(finished)s of %(total)s"),
        "queued": _("Waiting for its turn"),
        "uploading": _("Uploading, %(percent)s%%"),
        "thinking": _("Listening to it …"),
        "later": _("Kept; the answer follows in a moment"),
        "notSure": _("Not sure"),
        "nothing": _("Nothing to hear"),
        "failed": _("Failed"),
        "tryingAgain": _("The site is busy. Trying again in %(seconds)s s."),
        "tooLarge": _("This file is larger than %(megabytes)s MB. Choose a shorter recording."),
        "emptyFile": _("This file is empty. Choose another one."),
        "tooShort": _("That was too short. Hold on a little longer and say a whole sentence."),
        "noConnection": _("The site cannot be reached. Your recording is kept here; try again in a moment."),
        "signedOut": _("You were signed out. Sign in in another tab, come back and try again."),
        "siteFailed": _("Something went wrong on the site. Your recording is kept here; try again."),
    }
