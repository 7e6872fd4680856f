"""Sentences for a snapshot's warnings, which are stored as codes with values."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from classifier.models import Clip


def sentence_of(warning: Mapping[str, Any]) -> str:
    if warning["code"] == "near_duplicates":
        return ngettext(
            "%(count)d pair of clips in different splits sounds nearly the same.",
            "%(count)d pairs of clips in different splits sound nearly the same.",
            warning["count"],
        ) % dict(warning)
    if warning["code"] == "unreadable":
        return ngettext(
            "%(count)d clip was left out because its sound could not be read.",
            "%(count)d clips were left out because their sound could not be read.",
            warning["count"],
        ) % dict(warning)
    split = Clip.Split(warning["split"]).label
    if warning["code"] == "empty_split":
        return _("No clip is for %(split)s.") % {"split": split}
    return _("The label %(label)s has few clips for %(split)s: %(clips)d.") % {**warning, "split": split}
