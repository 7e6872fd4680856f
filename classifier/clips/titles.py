"""Titles of clips from the names of files, which are never used for anything else."""

from pathlib import PurePosixPath

from django.utils.translation import gettext as _

MAX_LENGTH = 120

Note = dict[str, str]


def title_from_name(name: str | None) -> tuple[str, list[Note]]:
    """A readable title from an uploaded file's name, and a note when it had to be shortened."""
    # A name may come from any system: take the last part whichever way its slashes lean.
    stem = PurePosixPath((name or "").replace("\\", "/")).stem
    title = " ".join("".join(c if c.isprintable() else " " for c in stem).split())
    if len(title) <= MAX_LENGTH:
        return title, []
    note = {
        "code": "name_shortened",
        "detail": _("The file's name was longer than %(length)d characters and was shortened.")
        % {"length": MAX_LENGTH},
    }
    return title[: MAX_LENGTH - 1].rstrip() + "…", [note]
