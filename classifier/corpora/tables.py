"""Tables as spreadsheets and other programs save them: separator and encoding are found out."""

import codecs
import csv
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

SEPARATORS = (",", ";", "\t", "|")
# Every table that the site reads has it; the separator is found by it.
FILE_NAME = "file_name"
# In this order, because UTF-32 begins like UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets in western Europe and the Americas write when nobody asks them for UTF-8.
OLDER = "cp1252"
# A line in which spreadsheets name the separator.
HINT = "sep="


class TableUnreadable(Exception):
    """The file is not there, or no text."""


@dataclass(frozen=True)
class Table:
    """The names of the columns, and the lines below them."""

    columns: list[str]
    separator: str
    _cells: Iterator[list[str]]

    def rows(self) -> Iterator[dict[str, str]]:
        """Each line by its columns, once; missing cells are empty. Raises TableUnreadable."""
        try:
            for cells in self._cells:
                if any(cells):
                    cells += [""] * (len(self.columns) - len(cells))
                    yield dict(zip(self.columns, cells, strict=False))
        except csv.Error as error:
            raise TableUnreadable from error

    def number(self, text: str) -> float:
        """A decimal comma is accepted where the delimiter is not a comma. Raises ValueError."""
        return float(text if self.separator == "," else text.replace(",", ".", 1))


def read_table(path: Path) -> Table:
    """Raises TableUnreadable."""
    try:
        text = _decoded(path.read_bytes())
        separator, text = _separated(text)
        cells = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        columns = [name.strip() for name in next(cells, [])]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TableUnreadable from error
    return Table(columns, separator, cells)


def _decoded(data: bytes) -> str:
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding)
    if 0 in data[:2]:  # names of columns begin with letters of ASCII
        return data.decode("utf-16-be" if data[0] == 0 else "utf-16-le")
    try:
        return data.decode()
    except UnicodeDecodeError:
        if _is_damaged_unicode(data):
            raise
    text = data.decode(OLDER)
    if any(character < " " and not character.isspace() for character in text):
        raise TableUnreadable
    logger.warning("The table is not in UTF-8; it was read as %s. Check that its accents are right.", OLDER)
    return text


def _is_damaged_unicode(data: bytes) -> bool:
    """Whether more of the characters beyond ASCII are sound in UTF-8 than not."""
    beyond = [character for character in data.decode(errors="surrogateescape") if character > "\x7f"]
    stray = sum("\udc80" <= character <= "\udcff" for character in beyond)
    return len(beyond) > 2 * stray


def _separated(text: str) -> tuple[str, str]:
    """The delimiter, and the text without a ``sep=`` line. Raises csv.Error."""
    first, _end, rest = text.partition("\n")
    hint = first.strip("\r\"'")
    if hint.lower().startswith(HINT) and hint[len(HINT) :] in SEPARATORS:
        return hint[len(HINT) :], rest

    def fit(separator: str) -> tuple[bool, int]:
        head = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
        return FILE_NAME in (name.strip() for name in head), len(head)

    return max(SEPARATORS, key=fit), text
