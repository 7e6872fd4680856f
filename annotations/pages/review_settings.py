"""What the review page hands to its scripts: labels, keys, addresses. Their texts: the script catalogue."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

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
    }


def default_keys(labels: Iterable[Label]) -> list[dict[str, str]]:
    """Each action with its name and the key it has until somebody chooses another."""
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
