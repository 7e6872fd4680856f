"""Ogg. Streams that were joined are taken apart: libav goes on with the headers of the first of them."""

from collections.abc import Iterator

from classifier.audio.containers.kinds import Container
from classifier.audio.containers.part import Part
from classifier.audio.exceptions import AudioRejected, Rejection

PAGE = b"OggS"
FLAGS_AT, SEGMENTS_AT, TABLE_AT = 5, 26, 27
FIRST_OF_STREAM = 2


def read_ogg(data: bytes, start: int) -> Part:
    """The link of the chain that begins at `start`.

    Raises AudioRejected(TRUNCATED) where its end is missing.
    """
    end, headers_are_over = start, False
    for page, page_end in _pages(data, start):
        is_first = bool(data[page + FLAGS_AT] & FIRST_OF_STREAM)
        if is_first and headers_are_over:
            end = page
            break
        headers_are_over = headers_are_over or not is_first
        end = min(page_end, len(data))
    else:
        # Less than the head of a page is left.
        end = len(data) if data.startswith(PAGE, end) else end
    link = data[start:end]
    _check_last_page(link)
    return Part(Container.OGG, link, end)


def _pages(data: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Where each page begins and ends. Between damaged ones the next is looked for."""
    while offset >= 0 and offset + TABLE_AT <= len(data):
        if data[offset : offset + 4] != PAGE:
            offset = data.find(PAGE, offset + 1)
            continue
        segments = data[offset + SEGMENTS_AT]
        table = data[offset + TABLE_AT : offset + TABLE_AT + segments]
        end = offset + TABLE_AT + segments + sum(table)
        yield offset, end
        offset = end


def _check_last_page(link: bytes) -> None:
    page = link.rfind(PAGE)
    segments = link[page + SEGMENTS_AT] if page + SEGMENTS_AT < len(link) else 255
    table = link[page + TABLE_AT : page + TABLE_AT + segments]
    if len(table) < segments or page + TABLE_AT + segments + sum(table) > len(link):
        raise AudioRejected(Rejection.TRUNCATED)
