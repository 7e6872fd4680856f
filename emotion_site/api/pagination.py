"""Lists of the API, page by page; `page_size` sets the number of items."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from emotion_site.web.keyset import LATEST_FIRST, InvalidCursor, Order, Page, page_at


class KeysetPagination(CursorPagination):
    """The parameters, responses and description of DRF's own, with the pages of ``emotion_site.web.keyset``.

    DRF's own goes by one field and counts its way through equals.
    """

    order = LATEST_FIRST
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.base_url = request.build_absolute_uri()
        self.keyset_page = self._page_of(queryset, request)
        return self.keyset_page.rows

    def _page_of(self, queryset: QuerySet[Any], request: Request) -> Page[Any]:
        cursor = request.query_params.get(self.cursor_query_param, "")
        size = self.get_page_size(request) or self.page_size
        try:
            return page_at(queryset, order=self.order, cursor=cursor, size=size)
        except InvalidCursor:
            raise NotFound(self.invalid_cursor_message) from None

    def get_next_link(self) -> str | None:
        return self._link(self.keyset_page.next)

    def get_previous_link(self) -> str | None:
        return self._link(self.keyset_page.previous)

    def _link(self, cursor: str | None) -> str | None:
        return replace_query_param(self.base_url or "", self.cursor_query_param, cursor) if cursor else None


class NewestFirst(KeysetPagination):
    order = Order("created", descending=True)


class LatestFirst(KeysetPagination):
    """By primary key alone."""


class OldestFirst(KeysetPagination):
    order = Order("pk", descending=False)
