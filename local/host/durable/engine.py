"""The durable engine: one thread takes the turns of the task hub, the event loop runs the activities.

A turn begins when something is asked, an activity ends or a timer is due; nothing polls. Activities run at least once:
one that was under way when the process died runs again.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from local.host.durable.instance import Activity
from local.host.durable.store import Store
from local.host.durable.task_hub import TaskHub

if TYPE_CHECKING:
    from pathlib import Path

    from local.host.clock import Clock

T = TypeVar("T")
RunActivity = Callable[[Activity], Awaitable[str]]
"""Runs an activity and returns its result as JSON; raises what the activity raised."""

log = logging.getLogger(__name__)

_PAUSE_AFTER_FAILURE = 1.0
"""Seconds before the next turn when the store refused one (a full disk, for example)."""


class Engine:
    """Runs orchestrations until it is stopped."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        orchestrators: Mapping[str, Callable[..., Any]],
        activities: Collection[str],
        run_activity: RunActivity,
        activities_at_once: int = 32,
    ) -> None:
        self._path = path
        self._clock = clock
        self._orchestrators = orchestrators
        self._activities = activities
        self._run_activity = run_activity
        self._slots = asyncio.Semaphore(activities_at_once)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="durable")
        self._asked: list[tuple[Callable[[TaskHub], Any], asyncio.Future[Any]]] = []
        self._awake = asyncio.Event()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._draining = False
        self._loop_task: asyncio.Task[None] | None = None
        self._store: Store | None = None

    async def open(self) -> None:
        """Take the store; raises StateInUse. Nothing runs before `start`."""
        loop = asyncio.get_running_loop()
        self._store = await loop.run_in_executor(self._thread, Store, self._path)

    async def start(self) -> None:
        """Go on with everything that is under way."""
        if self._store is None:
            await self.open()
        loop = asyncio.get_running_loop()
        hub = await loop.run_in_executor(
            self._thread, lambda: TaskHub(self._opened, self._clock, self._orchestrators, self._activities)
        )
        self._awake.set()
        self._loop_task = loop.create_task(self._take_turns(hub), name="durable")

    async def drain(self, seconds: float) -> None:
        """Begin no more activities, and give those under way so long to end."""
        self._draining = True
        if self._under_way:
            await asyncio.wait(list(self._under_way.values()), timeout=seconds)

    async def stop(self) -> None:
        """End at once; what is under way runs again at the next start."""
        running = [*self._under_way.values(), *([self._loop_task] if self._loop_task else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for _, answer in self._asked:
            answer.cancel()
        if self._store is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.close)
        self._thread.shutdown()

    async def ask(self, question: Callable[[TaskHub], T]) -> T:
        """Do something with the task hub; what it changed is on disk when this returns."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._asked.append((question, answer))
        self._awake.set()
        return await answer

    @property
    def _opened(self) -> Store:
        if self._store is None:
            raise RuntimeError("the engine is not open")
        return self._store

    async def _take_turns(self, hub: TaskHub) -> None:
        while True:
            await self._wait(hub.next_moment())
            self._awake.clear()
            asked, self._asked = self._asked, []
            try:
                await self._take_turn(hub, asked)
            except Exception as error:
                log.exception("durable.turn_failed questions=%d", len(asked))
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
                await asyncio.sleep(_PAUSE_AFTER_FAILURE)

    async def _take_turn(self, hub: TaskHub, asked: list[tuple[Callable[[TaskHub], Any], asyncio.Future[Any]]]) -> None:
        questions = [question for question, _ in asked]
        turn = await asyncio.get_running_loop().run_in_executor(self._thread, hub.turn, questions)
        for (_, answer), value in zip(asked, turn.answers, strict=True):
            _settle(answer, value)
        for activity in turn.activities:
            if activity.id not in self._under_way and not self._draining:
                self._under_way[activity.id] = asyncio.create_task(self._run(activity))

    async def _wait(self, moment: float | None) -> None:
        """Wait until something is asked, at the longest until a simulated moment."""
        if moment is None:
            await self._awake.wait()
            return
        pause = self._clock.real_seconds_until(moment)
        if pause > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._awake.wait()

    async def _run(self, activity: Activity) -> None:
        try:
            async with self._slots:
                result, error = await self._outcome(activity)
            await self.ask(lambda hub: hub.complete(activity.id, result, error))
        except sqlite3.Error as problem:  # it is still in the store, and runs again
            log.warning("activity.not_recorded name=%s instance=%s: %s", activity.name, activity.instance, problem)
        finally:
            del self._under_way[activity.id]

    async def _outcome(self, activity: Activity) -> tuple[str | None, str | None]:
        try:
            return await self._run_activity(activity), None
        except Exception as error:  # noqa: BLE001 - the orchestrator gets it; the invoker has logged it
            return None, f"{type(error).__name__}: {error}"


def _settle(answer: asyncio.Future[Any], value: Any) -> None:
    if answer.done():  # whoever asked does not wait any more
        return
    if isinstance(value, BaseException):
        answer.set_exception(value)
    else:
        answer.set_result(value)
