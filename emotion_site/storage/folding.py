"""Text in the form in which it is searched: capital letters and ways to write an accent count for nothing."""

from typing import Any
from unicodedata import normalize

from django.db import models

# So many letters at most become of one.
LONGEST_FOLD = 3
BATCH = 1000


def folded(text: str) -> str:
    """``ñ`` stays another letter than ``n``: accents are folded in how they are written, not away."""
    return normalize("NFC", normalize("NFD", text).casefold())


class FoldedField(models.CharField[str, str]):
    """What stands in the field ``of``, folded whenever the row is saved."""

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


def fill_folded(model: type[models.Model], field: str, *, of: str) -> None:
    """Bring the rows that were there before in line, many at a time; for migrations."""
    rows = model._default_manager.exclude(**{of: ""}).only("pk", of, field).order_by("pk")
    batch = list(rows[:BATCH])
    while batch:
        for row in batch:
            setattr(row, field, folded(getattr(row, of)))
        model._default_manager.bulk_update(batch, [field])
        batch = list(rows.filter(pk__gt=batch[-1].pk)[:BATCH])
