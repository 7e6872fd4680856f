import pytest

from emotion_site.web.whole_numbers import whole_number


@pytest.mark.parametrize(
    ("text", "number"),
    [("42", 42), ("007", 7), ("", None), ("-1", None), ("1.5", None), ("٣", None), ("²", None)],
)
def test_anything_but_digits_is_no_number(text, number):
    assert whole_number(text) == number


def test_a_number_that_no_key_can_have_is_none():
    assert whole_number("9" * 18) == 10**18 - 1
    assert whole_number("9" * 19) is None
    assert whole_number("1000", digits=3) is None
