"""How much of what is being sent is kept, in memory and in all."""

import asyncio
from contextlib import ExitStack

import pytest

from emotion_site.web.admission import spool
from emotion_site.web.admission.body_limit import BodyRefused
from emotion_site.web.admission.spool import BodyFile, Spool

PIECE = b"x" * 60_000


async def pieces():
    return {"type": "http.request", "body": PIECE, "more_body": True}


def test_memory_holds_so_much_of_all_bodies_together(settings):
    bodies = [BodyFile() for _number in range(100)]
    before = BodyFile.in_memory
    for _piece in range(16):
        for body in bodies:
            body.write(PIECE)
    assert before < BodyFile.in_memory <= spool.MEMORY_BYTES
    assert {body.seek(0, 2) for body in bodies} == {16 * len(PIECE)}
    for body in bodies:
        body.close()
    assert BodyFile.in_memory == before


def test_a_person_keeps_a_part_and_the_others_the_rest(settings):
    settings.SPOOL_BYTES = 8 * 10 * len(PIECE)

    async def fill(kept: Spool, sender: str) -> tuple[int, str] | None:
        with kept.counted(sender, pieces) as receive:
            for _piece in range(10):
                await receive()
            try:
                await receive()
            except BodyRefused as refusal:
                return refusal.error.status, refusal.error.code
        return None

    async def scene():
        kept = Spool()
        first = await fill(kept, "person 1")
        assert (kept.total, kept.bytes_of, kept.bodies_of) == (0, {}, {})
        return first

    assert asyncio.run(scene()) == (429, "throttled")


def test_everybody_together_keeps_no_more_than_there_is(settings):
    settings.SPOOL_BYTES = 8 * 10 * len(PIECE)

    async def scene() -> None:
        kept = Spool()
        with ExitStack() as stack:
            for person in range(8):
                receive = stack.enter_context(kept.counted(f"person {person}", pieces))
                for _piece in range(10):
                    await receive()
            receive = stack.enter_context(kept.counted("person 9", pieces))
            with pytest.raises(BodyRefused) as refusal:
                await receive()
            assert (refusal.value.error.status, refusal.value.error.code) == (503, "busy")
        assert kept.total == 0

    asyncio.run(scene())


def test_a_person_sends_so_many_bodies_at_once():
    kept = Spool()
    with ExitStack() as stack:
        for _body in range(spool.BODIES_AT_ONCE):
            stack.enter_context(kept.counted("person 1", pieces))
        with pytest.raises(BodyRefused), kept.counted("person 1", pieces):
            pass
        stack.enter_context(kept.counted("person 2", pieces))
