"""Settings and texts of the review page's scripts, as JSON so that they are translated here."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotations.models import Flag
from classifier.models import Label, Task
from emotion_site.models import User

# Beside the labels' digits.
FLAG_KEYS = {Flag.NO_SPEECH: "n", Flag.SEVERAL_SPEAKERS: "v", Flag.TOO_NOISY: "t", Flag.OTHER: "o"}
LARGEST_DIGIT = 9


def review_settings(task: Task, labels: Iterable[Label], user: User) -> dict[str, Any]:
    names = {label.key: str(label) for label in labels} | {str(flag): str(flag.label) for flag in Flag}
    return {
        "api": {"url": reverse("api:review-list"), "task": task.slug},
        # Reviews that wait in the browser belong to one person and one task.
        "owner": f"{user.pk}:{task.slug}",
        "person": str(user.pk),
        "names": names,
        "keys": default_keys(labels),
        "texts": _state_texts() | _answer_texts() | _key_texts(),
    }


def default_keys(labels: Iterable[Label]) -> list[dict[str, str]]:
    """Each action with its name and default key."""
    digits = [
        ("label:" + label.key, str(label), str(label.digit) if 0 < label.digit <= LARGEST_DIGIT else "")
        for label in labels
    ]
    flags = [("flag:" + flag, str(flag.label), key) for flag, key in FLAG_KEYS.items()]
    others = [
        ("submit", _("Submit and go on"), "Enter"),
        ("play", _("Play or pause"), " "),
        ("back", _("Back one second"), "ArrowLeft"),
        ("forward", _("Forward one second"), "ArrowRight"),
        ("restart", _("From the beginning"), "Home"),
        ("flag", _("No label: next reason"), "0"),
        ("undo", _("Take the last answer back"), "u"),
        ("change", _("Change the last answer"), "c"),
        ("show", _("Show the prediction"), "p"),
        ("loop", _("Repeat on or off"), "l"),
        ("slower", _("Slower"), ","),
        ("faster", _("Faster"), "."),
        ("help", _("Show the keys"), "?"),
    ]
    rows = [*digits, *flags, *others]
    return [{"action": action, "name": str(name), "key": key} for action, name, key in rows]


def _state_texts() -> dict[str, Any]:
    return {
        "saved": _("Saved"),
        "saving": _("Saving …"),
        "unsent": {
            "one": ngettext("%(count)s answer not sent yet", "%(count)s answers not sent yet", 1),
            "other": ngettext("%(count)s answer not sent yet", "%(count)s answers not sent yet", 2),
        },
        "offline": _("The site cannot be reached. Your answers are kept here and sent again by themselves."),
        "signedOut": _(
            "You were signed out. Sign in in another tab and come back: your answers are kept here."
        ),
        "siteFailed": _("Something went wrong on the site. Your answers are kept here and sent again."),
        "noRoom": _("This browser keeps nothing, so do not close this page before everything is saved."),
        "lost": _("You were away for long, so others may hear this clip too. Your answer still counts."),
        "seconds": _("%(seconds)s s"),
    }


def _answer_texts() -> dict[str, str]:
    return {
        "chooseFirst": _("Choose a label first, or say why there is none."),
        "commentFirst": _("Say in a few words why this clip has no label."),
        "playHint": _("Your browser waits for you: press Space or the play button to hear it."),
        "youSaid": _("You said %(answer)s."),
        "agrees": _("The model says so too."),
        "differs": _("The model heard %(label)s (%(percent)s%%). Keep your answer or change it."),
        "predicted": _("The model heard %(label)s (%(percent)s%%)."),
        "noPrediction": _("The model has not answered yet."),
        "notPredicted": _("No model version has answered yet."),
        "shown": _(
            "The model (version %(version)s) heard %(label)s (%(percent)s%%). Your answer will be marked as "
            "given with the prediction in view."
        ),
        "changed": _("Changed to %(answer)s."),
        "kept": _("Kept as it is."),
        "undone": _("Your last answer is taken back. Answer anew."),
        "undoneElsewhere": _("Your last answer is taken back. Somebody else listens to that clip now."),
        "undoOffline": _("The site cannot be reached, so nothing was taken back. Try again in a moment."),
        "next": _("Next clip."),
        "early": _("The clip was not there yet, so that did nothing."),
        "undoing": _("Your last answer was still being taken back, so that did nothing."),
        "unreachable": _("The site cannot be reached. Try again in a moment."),
    }


def _key_texts() -> dict[str, str]:
    return {
        "space": _("Space"),
        "press": _("Press a key …"),
        "none": _("none"),
        "clash": _("%(key)s is taken already: %(action)s. Choose another key."),
        "reserved": _("%(key)s cannot be used, because the browser needs it."),
        "keyKept": _("%(action)s: %(key)s."),
    }
