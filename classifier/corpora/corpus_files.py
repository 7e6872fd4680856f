"""The files that the table of a folder names, whichever system wrote the names."""

import re
from pathlib import Path, PurePosixPath
from unicodedata import normalize

MAX_NAME = 255
WINDOWS_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class FileRefused(Exception):
    """``code`` is ``bad_file_name``, ``missing_file`` or ``link_outside``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def one_form(name: str) -> str:
    """The same for a name however its accents are written, and whichever way its slashes lean."""
    return normalize("NFC", name).replace("\\", "/")


def written_forms(name: str) -> set[str]:
    """The ways in which tables of several systems write a name."""
    forms = {normalize(form, one_form(name)) for form in ("NFC", "NFD")}
    return {name} | forms | {form.replace("/", "\\") for form in forms}


class CorpusFiles:
    """Finds files below a folder. Links may lead out of it only with ``follow_links``."""

    def __init__(self, folder: Path, *, follow_links: bool = False) -> None:
        self._root = folder.resolve()
        self._follow_links = follow_links
        self._listings: dict[Path, dict[str, str]] = {}

    def find(self, home: Path, name: str) -> Path:
        """The file that a table in ``home`` names. Raises FileRefused."""
        if _is_bad(name):
            raise FileRefused("bad_file_name")
        path = home / name
        if not _is_file(path):
            path = self._as_listed(home, name)
        self.require_inside(path)
        return path

    def require_inside(self, path: Path) -> None:
        """Raises FileRefused ``link_outside``."""
        if not self._follow_links and not path.resolve().is_relative_to(self._root):
            raise FileRefused("link_outside")

    def _as_listed(self, home: Path, name: str) -> Path:
        path = home
        for part in PurePosixPath(name.replace("\\", "/")).parts:
            names = self._listing(path)
            # macOS writes an accent as a character of its own, which its tables may not.
            listed = names.get(part) or names.get(normalize("NFC", part))
            if listed is None:
                raise FileRefused("missing_file")
            path /= listed
        if not _is_file(path):
            raise FileRefused("missing_file")
        return path

    def _listing(self, folder: Path) -> dict[str, str]:
        """The names in a folder, by themselves and by their usual form."""
        if folder not in self._listings:
            try:
                names = [path.name for path in folder.iterdir()]
            except OSError:  # no folder
                names = []
            usual = {normalize("NFC", name): name for name in names}
            self._listings[folder] = usual | {name: name for name in names}
        return self._listings[folder]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than any file's
        return False


def _is_bad(name: str) -> bool:
    """Names must be relative and stay inside the folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    is_absolute = path.is_absolute() or bool(WINDOWS_DRIVE.match(name))
    return not name or "\0" in name or len(name) > MAX_NAME or is_absolute or ".." in path.parts
