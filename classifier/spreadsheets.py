"""CSV as spreadsheets open it without a question and without harm."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO

from django.utils.formats import get_format

# Without it Excel takes the file for something older than UTF-8 and spoils every accent.
BYTE_ORDER_MARK = "\ufeff"
# Spreadsheets take text that begins like this for a formula and would run it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
DECIMALS = 6


@dataclass(frozen=True)
class Notation:
    """What stands between cells and before decimals where a spreadsheet opens the file."""

    separator: str
    decimal: str


def notation_of(language: str) -> Notation:
    """Where the comma stands in numbers, as in Spanish, spreadsheets expect semicolons between cells."""
    decimal = get_format("DECIMAL_SEPARATOR", lang=language, use_l10n=True)
    return Notation(separator=";" if decimal == "," else ",", decimal=decimal)


def harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_line(cells: Sequence[object], notation: Notation) -> str:
    buffer = StringIO()
    writer = csv.writer(buffer, delimiter=notation.separator)
    writer.writerow(
        [str(cell).replace(".", notation.decimal) if isinstance(cell, float) else cell for cell in cells]
    )
    return buffer.getvalue()


def csv_text(rows: Iterable[Sequence[object]], notation: Notation) -> str:
    """A whole table that fits into memory; text from people is made harmless, None is an empty cell."""
    return BYTE_ORDER_MARK + "".join(csv_line([_cell(cell) for cell in row], notation) for row in rows)


def _cell(value: object) -> object:
    if isinstance(value, float):
        return round(value, DECIMALS)
    return harmless(value) if isinstance(value, str) else value
