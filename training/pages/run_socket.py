"""Tells a browser how a training run goes, for as long as its page is open."""

import asyncio
from typing import Any, TypedDict
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from emotion_site.roles import is_admin
from emotion_site.web.admission.socket_person import person_of
from training.models import TrainingRun

# The worker that writes the row is another process, so the row is looked at.
LOOK_EVERY_S = 1.0
FORBIDDEN = 4403


class RunNews(TypedDict):
    state: str
    stage: str
    progress: float
    seconds_left: int | None
    epochs: int
    last_line: str
    is_over: bool


class RunConsumer(AsyncJsonWebsocketConsumer):
    """For administrators. Says nothing twice, and hangs up when the run has ended."""

    _following: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        if await self._news() is None:
            await self.close(code=FORBIDDEN)
            return
        await self.accept()
        self._following = asyncio.create_task(self._follow())

    async def receive(self, *args: Any, **kwargs: Any) -> None:
        """Nothing that a browser sends means anything."""

    async def disconnect(self, code: int) -> None:
        if self._following is not None:
            self._following.cancel()

    async def _follow(self) -> None:
        told: RunNews | None = None
        while news := await self._news():
            if news != told:
                await self.send_json(news)
                told = news
            if news["is_over"]:
                break
            await asyncio.sleep(LOOK_EVERY_S)
        await self.close()

    @database_sync_to_async
    def _news(self) -> RunNews | None:
        """None for a run that is not there, and for whoever may not see it, also from now on."""
        if not is_admin(person_of(self.scope)):
            return None
        return news_of(self.scope["url_route"]["kwargs"]["pk"])


def news_of(run_id: UUID) -> RunNews | None:
    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None:
        return None
    return {
        "state": run.state,
        "stage": run.stage,
        "progress": run.progress,
        "seconds_left": run.seconds_left,
        "epochs": len(run.curves),
        "last_line": run.log[-1] if run.log else "",
        "is_over": not run.is_unfinished,
    }
