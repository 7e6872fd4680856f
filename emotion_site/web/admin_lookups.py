"""Limits the query parameters of change lists in Django's admin."""

from typing import Any

from django.contrib import admin
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest


class FilteredAdmin(admin.ModelAdmin):
    """Change lists filter only by ``list_filter``.

    Django lets an address compare any field of the row, ``?password__startswith=``, and so read letter by
    letter what no page shows: password hashes, digests of tokens and links, titles of clips nobody shared.
    """

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        field = lookup.split(LOOKUP_SEP)[0]
        return field in self._filtered(request) and super().lookup_allowed(lookup, value, request)

    def _filtered(self, request: HttpRequest) -> set[str]:
        entries: list[Any] = list(self.get_list_filter(request))
        paths = [entry[0] if isinstance(entry, list | tuple) else entry for entry in entries]
        names = [path if isinstance(path, str) else path.parameter_name for path in paths]
        return {name.split(LOOKUP_SEP)[0] for name in [*names, self.date_hierarchy or ""]}
