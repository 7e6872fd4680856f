"""Rows that are written once. What follows changes nothing: it appends."""

from typing import Any, NoReturn

from django.db import models


class AppendOnlyError(TypeError):
    """An append-only row was to be changed or deleted."""


def _refuse(*args: Any, **kwargs: Any) -> NoReturn:
    raise AppendOnlyError("These rows are append-only.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    update = delete = bulk_update = update_or_create = _refuse


class AppendOnlyModel(models.Model):
    """Django's own cascade still takes the name of a person who leaves out of their rows."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            _refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        _refuse()
