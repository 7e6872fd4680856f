"""Text in the form in which it is searched: capital letters and ways to write an accent count for nothing."""

from typing import Any
from unicodedata import normalize

from django.db import models

# So many letters at most become of one.
LONGEST_FOLD = 3


def folded(text: str) -> str:
    """``ñ`` stays another letter than ``n``: accents are folded in how they are written, not away."""
    return normalize("NFC", normalize("NFD", text).casefold())


class FoldedField(models.CharField[str, str]):
    """The value of the field ``of``, folded whenever the row is saved."""

    def __init__(self, *, of: str, **options: Any) -> None:
        self.of = of
        super().__init__(**{"editable": False, "blank": True, "default": "", **options})

    def deconstruct(self) -> Any:
        name, path, positional, options = super().deconstruct()
        return name, path, positional, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        text = folded(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, text)
        return text
