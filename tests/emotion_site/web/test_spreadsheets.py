"""What spreadsheets get: every table through one writer."""

import csv
import io
import re

import pytest

from emotion_site.web.csv import PLAIN, csv_head, csv_line, csv_text, notation_of
from tests.requirements import ROOT

FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\tx"),
    *("\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM", "\ufe661", "\ufe621", "\ufe631", "\ufe6bA", "\u22121"),
    *(
        " =1",
        "\u00a0=1",
        "\u3000\uff1d1",
        "\u200b=1",
        "\ufeff=1",
        " \u200e @A",
        "\x0b=1",
        "\x00=1",
        "\u207a1",
    ),
]
TEXTS = ["a=1", "1-1", "ñandú", "", " x", "'=1", "–5 °C", "#1", "3,5; 4", 'say "no"', "e+mail@example.org"]


def cells_of(text: str, separator: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_text_is_never_a_formula(text):
    assert cells_of(csv_line([text, "x"], PLAIN)) == [[f"'{text}", "x"]]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_other_text_stays_as_it_is(text):
    assert cells_of(csv_line([text, "x"], PLAIN)) == [[text, "x"]]


def test_numbers_are_numbers_and_nothing_is_empty():
    row = [-1.5, -3, None, True, 1 / 3]
    assert csv_line(row, PLAIN) == "-1.5,-3,,True,0.333333\r\n"
    assert csv_line(row, notation_of("es")) == "-1,5;-3;;True;0,333333\r\n"


def test_every_table_begins_with_the_mark_of_its_encoding():
    assert csv_head(["a", "b"], PLAIN) == csv_text([["a", "b"]], PLAIN) == "\ufeffa,b\r\n"


def test_nothing_but_the_writer_makes_tables_for_spreadsheets():
    """Who else writes CSV is a program's reader: the metadata.csv of a folder of sound."""
    found = {
        path.relative_to(ROOT).as_posix()
        for app in ("emotion_site", "classifier", "annotations", "training")
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"csv\.(writer|DictWriter)\(", path.read_text(encoding="utf-8"))
    }
    assert found == {
        "annotations/exports/labels.py",
        "emotion_site/web/csv.py",
        "training/datasets/tables.py",
    }
