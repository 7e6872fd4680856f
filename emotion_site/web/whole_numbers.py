"""Whole numbers in addresses and forms, where anybody may have written anything."""


def whole_number(text: str, *, digits: int = 18) -> int | None:
    """The number of at most so many ASCII digits; 18 fit every key of a database. None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else None
