"""CSV as spreadsheets open it without a question and without harm."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from unicodedata import category, normalize

from django.utils.formats import get_format

# Without it Excel takes the file for something older than UTF-8 and spoils every accent.
BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets take text that begins like this for a formula and would run it. They fold full-width and small
# forms to the plain ones, and some take the sign of subtraction for a minus.
FORMULA_STARTS = frozenset("=+-@\N{MINUS SIGN}")
# These begin a formula by themselves in some, or go away before one.
BREAKS = frozenset("\t\r\n\v\f")
DECIMALS = 6


@dataclass(frozen=True)
class Notation:
    """The delimiter and decimal separator that a spreadsheet expects."""

    separator: str
    decimal: str


def notation_of(language: str) -> Notation:
    """With a decimal comma, as in Spanish, spreadsheets expect semicolons as delimiters."""
    decimal = get_format("DECIMAL_SEPARATOR", lang=language, use_l10n=True)
    return Notation(separator=";" if decimal == "," else ",", decimal=decimal)


# What programs read, whatever language their makers speak.
PLAIN = Notation(separator=",", decimal=".")


def csv_head(names: Sequence[str], notation: Notation) -> str:
    """How every file begins: with the mark of its encoding and the names of the columns."""
    return BYTE_ORDER_MARK + csv_line(names, notation)


def csv_line(cells: Sequence[object], notation: Notation) -> str:
    """Text from people is made harmless, None is an empty cell."""
    buffer = StringIO()
    csv.writer(buffer, delimiter=notation.separator).writerow([_cell(cell, notation) for cell in cells])
    return buffer.getvalue()


def csv_text(rows: Iterable[Sequence[object]], notation: Notation) -> str:
    """A whole table that fits into memory, the names of its columns first."""
    return BYTE_ORDER_MARK + "".join(csv_line(row, notation) for row in rows)


def _cell(value: object, notation: Notation) -> object:
    if isinstance(value, float):
        return str(round(value, DECIMALS)).replace(".", notation.decimal)
    return _harmless(value) if isinstance(value, str) else value


def _harmless(text: str) -> str:
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    for character in text:
        if character in BREAKS:
            return True
        # Spaces of every width, and what has none at all, are no beginning.
        if not character.isspace() and category(character) not in ("Cf", "Cc"):
            return not FORMULA_STARTS.isdisjoint(normalize("NFKC", character)[:1])
    return False
