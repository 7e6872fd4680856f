"""Tables as programs of every kind save them."""

import codecs

import pytest

from classifier.corpora.tables import TableUnreadable, read_table

ROWS = [["file_name", "label", "speaker"], ["uno.wav", "happy", "Zoë"], ["año.wav", "sad", "Luís, Ana; Eva"]]


def text_with(separator: str, end: str = "\r\n") -> str:
    quoted = [[f'"{cell}"' if set(cell) & set(",;\t| ") else cell for cell in row] for row in ROWS]
    return "".join(separator.join(row) + end for row in quoted)


def read(tmp_path, data: bytes):
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    table = read_table(path)
    return [table.columns, *([row[name] for name in table.columns] for row in table.rows())]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_separator_and_encoding_are_found_out(tmp_path, separator, encoding):
    assert read(tmp_path, text_with(separator).encode(encoding)) == ROWS


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_BE, codecs.BOM_UTF8])
def test_marks_of_either_kind(tmp_path, mark):
    encoding = "utf-8" if mark == codecs.BOM_UTF8 else "utf-16-be"
    assert read(tmp_path, mark + text_with(";").encode(encoding)) == ROWS


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_end_in_every_way(tmp_path, end):
    assert read(tmp_path, text_with(",", end).encode()) == ROWS


@pytest.mark.parametrize("said", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_says_the_separator_is_no_row(tmp_path, said):
    assert read(tmp_path, f"{said}\r\n{text_with(';')}".encode()) == ROWS


def test_what_spreadsheets_leave_around_a_table(tmp_path):
    data = (
        b'\xef\xbb\xbf"file_name" ; label ;\r\nuno.wav;happy;\r\n;;\r\n\r\ndos.wav\r\ntres.wav;sad;;more\r\n'
    )
    assert read(tmp_path, data) == [
        ["file_name", "label", ""],
        ["uno.wav", "happy", ""],
        ["dos.wav", "", ""],
        ["tres.wav", "sad", ""],
    ]


def test_other_separators_inside_the_cells_change_nothing(tmp_path):
    data = 'file_name,label,"a;b;c;d;e"\n"one;two;three",sad,"1\n2"\n'
    assert read(tmp_path, data.encode()) == [
        ["file_name", "label", "a;b;c;d;e"],
        ["one;two;three", "sad", "1\n2"],
    ]


def test_decimals_behind_a_comma_where_none_stands_between_cells(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("file_name;n\na.wav;0,25\n")
    assert read_table(path).number("0,25") == read_table(path).number("0.25") == 0.25
    path.write_text('file_name,n\na.wav,"1,000"\n')
    with pytest.raises(ValueError):
        read_table(path).number("1,000")


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\x14\x00\x06\x00\x08\xff\x00file_name",
        b"file_name,label\nu\x00\xff\x01.wav,sad\n",
        "file_name,label\nañoñoñé.wav,sad\n".encode() + b"\xff.wav,sad\n",
        codecs.BOM_UTF16_LE + b"f",
        b"file_name,label\n\x81.wav,sad\n",
    ],
    ids=["a workbook", "no text", "damaged UTF-8", "half a character", "in no known encoding"],
)
def test_what_is_no_table_is_refused(tmp_path, data):
    path = tmp_path / "table.csv"
    path.write_bytes(data)
    with pytest.raises(TableUnreadable):
        list(read_table(path).rows())


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TableUnreadable):
        read_table(tmp_path / "table.csv")
