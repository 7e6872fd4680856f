"""Sends a tick to an open page whenever its training run changes."""

import asyncio
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from emotion_site.roles import is_admin
from emotion_site.web.admission.socket_person import person_of
from training.models import TrainingRun

# The worker that writes the row is another process, so the row is polled.
POLL_EVERY_S = 1.0
FORBIDDEN = 4403
# The whole message: the page then fetches the part of it that moves.
TICK = "changed"


class RunConsumer(AsyncWebsocketConsumer):
    """For administrators. Sends a tick at once and for each change, and hangs up when the run has ended."""

    _watching: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        if await self._run() is None:
            await self.close(code=FORBIDDEN)
            return
        await self.accept()
        self._watching = asyncio.create_task(self._watch())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing that a browser sends means anything."""

    async def disconnect(self, code: int) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        seen: tuple[object, ...] | None = None
        while run := await self._run():
            shown = shown_fields(run)
            if shown != seen:
                await self.send(text_data=TICK)
                seen = shown
            if not run.is_unfinished:
                break
            await asyncio.sleep(POLL_EVERY_S)
        await self.close()

    @database_sync_to_async
    def _run(self) -> TrainingRun | None:
        """The run; None if it is gone, or the person may not, or no longer, see it."""
        if not is_admin(person_of(self.scope)):
            return None
        run_id: UUID = self.scope["url_route"]["kwargs"]["pk"]
        return TrainingRun.objects.filter(pk=run_id).first()


def shown_fields(run: TrainingRun) -> tuple[object, ...]:
    """What of a run moves on its page; a heartbeat alone is no change."""
    return run.state, run.stage, run.progress, run.seconds_left, run.curves, run.log
