"""No wake is lost: every interleaving of wakers and a reconciler ends with a look after the last change."""

from __future__ import annotations

import random
from collections.abc import Coroutine, Generator, Sequence
from contextvars import Context, copy_context
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace, coroutine
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import names, waking
from orchestration.waking import ALIVE
from shared.model.envelope import DocumentKey
from shared.store.wakes import Wake
from tests.orchestration.conftest import NOW

if TYPE_CHECKING:
    from shared.store.store import Store

KEY = DocumentKey("Hub", "weu")
HALF = 0.5
GIVEN = {"document": "Hub/weu", "version": 2}


@coroutine
def turn() -> Generator[str, None, None]:
    """Let others go on."""
    yield "turn"


@coroutine
def rest() -> Generator[str, None, None]:
    """Let the reconciler go on, as a pause of some time does."""
    yield "rest"


class Interleaving:
    """A durable engine with one instance, the counter, and a world that changes; nothing runs but as it is told."""

    def __init__(self) -> None:
        self.counter = Wake()
        self.world = self.seen = 0
        self.alive = False
        self.looks = self.starts = self.hints = 0
        self.wakers: list[Coroutine[Any, Any, None]] = []
        self.reconciler: Coroutine[Any, Any, None] | None = None
        self.contexts: dict[Coroutine[Any, Any, None], Context] = {}

    # The counter, each operation atomic, as the store's tests show of the real one

    async def request(self, _: DocumentKey, *_traced: str, **_anew: bool) -> Wake:
        """Count a wake."""
        await turn()
        self.counter = replace(self.counter, count=self.counter.count + 1)
        return self.counter

    async def started(self, _: DocumentKey, counted: Wake) -> None:
        """Note that it was started, unless it began since."""
        await turn()
        if self.counter.begun == counted.begun:
            self.counter = replace(self.counter, finished=False)

    async def state(self, _: DocumentKey) -> Wake:
        """Return the counter."""
        await turn()
        return self.counter

    async def begin(self) -> int:
        """Begin a look."""
        await turn()
        self.counter = replace(self.counter, finished=False, begun=self.counter.begun + 1)
        return self.counter.count

    async def finish(self, seen: int) -> bool:
        """Finish, unless somebody woke it meanwhile."""
        await turn()
        if self.counter.count == seen:
            self.counter = replace(self.counter, finished=True)
        return self.counter.count == seen

    # The durable client

    async def start_new(self, name: str, instance_id: str | None = None, client_input: Any = None) -> str:
        """Start the instance, or refuse."""
        await turn()
        assert (name, instance_id, client_input) == (names.RECONCILE, "hub.weu", GIVEN)
        if self.alive:
            raise RuntimeError("409: it runs")
        self.alive, self.reconciler = True, self.reconcile()
        self.starts += 1
        return "hub.weu"

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        """Take a hint, or refuse."""
        await turn()
        assert (instance_id, event_name, event_data) == ("hub.weu", names.WAKE, {})
        self.hints += 1
        if not self.alive:
            raise RuntimeError("410: it is gone")

    # Who runs

    async def reconcile(self) -> None:
        """Look until nobody woke it meanwhile; the engine closes the instance a moment later."""
        while True:
            count = await self.begin()
            await turn()
            self.seen, self.looks = self.world, self.looks + 1
            if await self.finish(count):
                break
        await turn()
        self.alive, self.reconciler = False, None

    async def change_and_wake(self, hint: bool) -> None:  # noqa: FBT001 - positional in the tests' lists
        """Change the world, and say so."""
        await turn()
        self.world += 1
        store: Any = SimpleNamespace(wakes=self)
        await waking.wake(store, self, KEY, hint=hint, pause=lambda _: rest())

    def run(self, hints: Sequence[bool], picks: Any) -> None:
        """Run wakers and the reconciler to the end, one step at a time, whose it is by `picks`."""
        self.wakers = [self.change_and_wake(hint) for hint in hints]
        while self.wakers or self.reconciler:
            choices = [*self.wakers, *([self.reconciler] if self.reconciler else [])]
            chosen = choices[next(picks, 0) % len(choices)]
            if self.step(chosen) == "rest" and self.reconciler:
                self.step(self.reconciler)

    def step(self, chosen: Coroutine[Any, Any, None]) -> str:
        """Let one go on to its next turn."""
        try:
            # Each in a context of its own, as in a task of its own.
            return str(self.contexts.setdefault(chosen, copy_context()).run(chosen.send, None))
        except StopIteration:
            if chosen in self.wakers:
                self.wakers.remove(chosen)
            return "end"


@settings(max_examples=400, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=4), st.lists(st.integers(0, 4), max_size=80))
def test_the_last_change_is_always_looked_at(hints: list[bool], picks: list[int]) -> None:
    """Whoever goes first, with hints and without, the last look is after the last change; the counter says finished."""
    interleaving = Interleaving()
    interleaving.run(hints, iter(picks))
    assert interleaving.seen == interleaving.world == len(hints)
    assert interleaving.counter.finished


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 4), max_size=80))
def test_without_a_hint_nobody_is_interrupted(picks: list[int]) -> None:
    """A soft wake raises no event, however it falls; the reconciler looks again at its end."""
    interleaving = Interleaving()
    interleaving.run([False] * 3, iter(picks))
    assert interleaving.hints == 0
    assert interleaving.seen == 3


def test_many_random_interleavings() -> None:
    """The same over some thousands of interleavings of three wakers, none of them chosen."""
    chance = random.Random(20260101)  # noqa: S311 - not for secrets
    for _ in range(3_000):
        interleaving = Interleaving()
        hints = [chance.random() < HALF for _ in range(3)]
        interleaving.run(hints, iter([chance.randrange(5) for _ in range(80)]))
        assert interleaving.seen == interleaving.world == 3


def test_the_model_would_notice_a_lost_wake() -> None:
    """A waker that does not count its wake is caught by the same search: the tests above can fail."""

    class Forgetful(Interleaving):
        async def request(self, _: DocumentKey, *_traced: str, **_anew: bool) -> Wake:
            await turn()
            return self.counter

    chance = random.Random(1)  # noqa: S311 - not for secrets
    lost = 0
    for _ in range(500):
        interleaving = Forgetful()
        interleaving.run([True] * 3, iter([chance.randrange(5) for _ in range(80)]))
        lost += interleaving.seen != interleaving.world
    assert lost


class Closing:
    """A durable client whose old instance takes a while to close."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.started = 0

    async def start_new(self, *_: Any) -> str:
        """Refuse some times."""
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("409: it runs")
        self.started += 1
        return ""

    async def raise_event(self, *_: Any) -> None:
        """Take every hint: the instance is there, though it will not look again."""


@pytest.mark.parametrize("refusals", range(len(waking.CLOSING) + 1))
def test_an_instance_that_closes_is_waited_for(refusals: int) -> None:
    """A hint to an instance that finished is worth nothing: the waker starts a new one as soon as it can."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    client, interleaving = Closing(refusals), Interleaving()
    interleaving.counter = Wake(count=3, finished=True)

    async def request(_: DocumentKey, *_traced: str, **_anew: bool) -> Wake:
        return interleaving.counter

    wakes = SimpleNamespace(request=request, state=request, started=interleaving.started)
    store: Any = SimpleNamespace(wakes=wakes)
    waking_up = waking.wake(store, client, KEY, pause=pause)
    while interleaving.step(waking_up) != "end":
        pass
    assert client.started == 1
    assert not interleaving.counter.finished
    assert pauses == list(waking.CLOSING[:refusals])


async def test_an_instance_that_never_closes_is_left_to_the_sweep(caplog: pytest.LogCaptureFixture) -> None:
    """The waker gives up after its pauses, says so, and raises nothing."""
    slept: list[float] = []

    async def pause(seconds: float) -> None:
        slept.append(seconds)

    async def request(_: DocumentKey, *_traced: str, **_anew: bool) -> Wake:
        return Wake(count=3, finished=True)

    store: Any = SimpleNamespace(wakes=SimpleNamespace(request=request, state=request))
    await waking.wake(store, Closing(1_000), KEY, pause=pause)
    assert slept == list(waking.CLOSING)
    assert "wake.deferred document=Hub/weu" in caplog.text


class Crowd(Interleaving):
    """An instance that was started, and in which nothing happens yet."""

    async def reconcile(self) -> None:
        """Wait for ever."""
        while True:
            await rest()


def test_a_crowd_of_wakers_starts_once_and_does_not_wait() -> None:
    """One starts it and says so; the others go, though the instance has not begun: it will, after their counts."""
    crowd = Crowd()
    crowd.wakers = [crowd.change_and_wake(hint=True) for _ in range(30)]
    rests = 0
    while crowd.wakers:
        for waker in list(crowd.wakers):
            rests += crowd.step(waker) == "rest"
    assert crowd.reconciler is not None
    crowd.reconciler.close()
    assert crowd.starts == 1
    assert crowd.hints == 0
    assert rests <= len(waking.CLOSING) * 30 / 3


@pytest.mark.parametrize(("since", "starts"), [(ALIVE - 1, 0), (ALIVE + 1, 1)])
async def test_who_looked_a_moment_ago_is_taken_to_run(store: Store, since: float, starts: int) -> None:
    """The timer asks only for a reconciler that has not looked for a while; with none at all it starts one."""
    client = Closing(0)
    await store.wakes.begin(KEY, NOW)
    await waking.revive(store, client, KEY, now=NOW + timedelta(seconds=since))
    assert client.started == starts
    await waking.revive(store, client, KEY)
    assert client.started == starts + 1


async def test_who_finished_is_woken_by_the_timer(store: Store) -> None:
    """However short ago it looked."""
    client = Closing(0)
    assert await store.wakes.finish(KEY, (await store.wakes.begin(KEY, NOW)).count)
    await waking.revive(store, client, KEY, now=NOW)
    assert client.started == 1
