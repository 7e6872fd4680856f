import asyncio
import threading
from collections.abc import Iterator

import pytest
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from emotion_site.asgi import ThreadHandler

SCOPE = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}


async def get(handler: ThreadHandler) -> bytes:
    client = ApplicationCommunicator(handler, SCOPE)
    await client.send_input({"type": "http.request"})
    assert (await client.receive_output())["status"] == 200
    body, more = b"", True
    while more:
        message = await client.receive_output()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    await client.wait()
    return body


# A plain iterator is what is tested here: Django runs it in a thread, and in which one is the question.
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_all_of_a_request_happens_in_one_thread_which_the_next_one_takes_over(monkeypatch):
    seen: list[int] = []

    def note() -> None:
        seen.append(threading.get_ident())

    def pieces() -> Iterator[str]:
        note()
        yield "sound"

    def answer(request: HttpRequest) -> StreamingHttpResponse:
        note()
        response = StreamingHttpResponse(pieces())
        monkeypatch.setattr(response, "close", note)
        return response

    async def two_in_turn() -> list[bytes]:
        handler = ThreadHandler()
        handler.get_response = answer
        return [await get(handler), await get(handler)]

    assert asyncio.run(two_in_turn()) == [b"sound", b"sound"]
    assert len(seen) == 6 and len(set(seen)) == 1
    assert seen[0] != threading.get_ident()


def test_requests_at_the_same_time_do_not_wait_for_each_other():
    meet = threading.Barrier(3, timeout=10)

    def answer(request: HttpRequest) -> HttpResponse:
        meet.wait()
        return HttpResponse(b"met")

    async def three_at_once() -> list[bytes]:
        handler = ThreadHandler()
        handler.get_response = answer
        return await asyncio.gather(*(get(handler) for _ in range(3)))

    assert asyncio.run(three_at_once()) == [b"met"] * 3


def test_connections_are_given_back_before_the_answer_is_sent(monkeypatch):
    events: list[str] = []
    monkeypatch.setattr("emotion_site.asgi.close_old_connections", lambda: events.append("given back"))

    def answer(request: HttpRequest) -> HttpResponse:
        events.append("answered")
        return HttpResponse(b"")

    async def until_it_is_sent() -> None:
        handler = ThreadHandler()
        handler.get_response = answer
        client = ApplicationCommunicator(handler, SCOPE)
        await client.send_input({"type": "http.request"})
        await client.receive_output()
        assert events == ["answered", "given back"]
        await client.wait()

    asyncio.run(until_it_is_sent())
