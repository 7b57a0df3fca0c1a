"""The coalescer: each caller sees a look that began after it came, and a burst costs two."""

from __future__ import annotations

import asyncio

import pytest

from orchestration.coalescing import Coalescer


class Looks:
    """Looks that begin and end when the test says; each notes when it began."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.at_work = 0
        self.most_at_work = 0
        self._gates: dict[str, asyncio.Future[None]] = {}

    async def __call__(self, name: str) -> None:
        """Begin, wait for the test, and end as it says."""
        self.began.append(name)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await self._gate(name)
        finally:
            self.at_work -= 1

    def end(self, name: str, error: Exception | None = None) -> None:
        """Let a look end, or fail."""
        if error:
            self._gate(name).set_exception(error)
        else:
            self._gate(name).set_result(None)

    def _gate(self, name: str) -> asyncio.Future[None]:
        return self._gates.setdefault(name, asyncio.get_running_loop().create_future())


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def ask(coalescer: Coalescer, looks: Looks, key: str, name: str) -> asyncio.Task[None]:
    """Ask for a look of this name."""
    return asyncio.create_task(coalescer.look(key, lambda: looks(name)))


async def test_a_burst_costs_two_looks() -> None:
    """All who come while a look runs share the next one, the latest caller's, which begins when that has ended."""
    coalescer, looks = Coalescer(), Looks()
    first = ask(coalescer, looks, "v", "first")
    await settle()
    rest = [ask(coalescer, looks, "v", f"rest-{number}") for number in range(50)]
    await settle()
    assert looks.began == ["first"]
    looks.end("first")
    await settle()
    assert first.done()
    assert looks.began == ["first", "rest-49"]
    assert not any(task.done() for task in rest)
    looks.end("rest-49")
    await asyncio.gather(first, *rest)
    assert looks.began == ["first", "rest-49"]


async def test_callers_before_the_look_began_share_it() -> None:
    """Callers who come together, before anything began, are served by one look."""
    coalescer, looks = Coalescer(), Looks()
    both = [ask(coalescer, looks, "v", name) for name in ("a", "b")]
    await settle()
    looks.end("b")
    await asyncio.gather(*both)
    assert looks.began == ["b"]


async def test_who_comes_during_the_second_look_gets_a_third() -> None:
    """A look that has begun is never enough for who comes after."""
    coalescer, looks = Coalescer(), Looks()
    tasks = []
    for name in ("one", "two", "three"):
        tasks.append(ask(coalescer, looks, "v", name))
        await settle()
        if len(tasks) > 1:
            looks.end(("one", "two")[len(tasks) - 2])
            await settle()
    looks.end("three")
    await asyncio.gather(*tasks)
    assert looks.began == ["one", "two", "three"]


async def test_keys_do_not_wait_for_each_other() -> None:
    """Looks at two keys run side by side."""
    coalescer, looks = Coalescer(), Looks()
    tasks = [ask(coalescer, looks, key, key) for key in ("a", "b")]
    await settle()
    assert (looks.began, looks.at_work) == (["a", "b"], 2)
    looks.end("b")
    await tasks[1]
    assert not tasks[0].done()
    looks.end("a")
    await tasks[0]


async def test_only_so_many_looks_at_once() -> None:
    """Over all keys no more looks run than there are places, and all come through."""
    coalescer, looks = Coalescer(at_once=3), Looks()
    tasks = [ask(coalescer, looks, f"key-{number}", f"{number}") for number in range(10)]
    for number in range(10):
        await settle()
        looks.end(f"{number}")
    await asyncio.gather(*tasks)
    assert (len(looks.began), looks.most_at_work) == (10, 3)


async def test_waiting_for_a_place_still_takes_callers_in() -> None:
    """A look without a place has not begun: who comes meanwhile shares it."""
    coalescer, looks = Coalescer(at_once=1), Looks()
    other = ask(coalescer, looks, "other", "other")
    await settle()
    early = ask(coalescer, looks, "v", "early")
    await settle()
    late = ask(coalescer, looks, "v", "late")
    await settle()
    looks.end("other")
    await settle()
    looks.end("late")
    await asyncio.gather(other, early, late)
    assert looks.began == ["other", "late"]


async def test_an_error_reaches_all_who_waited_and_nobody_else() -> None:
    """A failed look fails for those who shared it; the next is tried afresh."""
    coalescer, looks = Coalescer(), Looks()
    first = ask(coalescer, looks, "v", "first")
    await settle()
    second, third = ask(coalescer, looks, "v", "second"), ask(coalescer, looks, "v", "third")
    await settle()
    looks.end("first", ValueError("first"))
    with pytest.raises(ValueError, match="first"):
        await first
    looks.end("third", ValueError("third"))
    for task in (second, third):
        with pytest.raises(ValueError, match="third"):
            await task
    fourth = ask(coalescer, looks, "v", "fourth")
    await settle()
    looks.end("fourth")
    await fourth


async def test_one_who_stops_waiting_takes_the_look_from_nobody() -> None:
    """A cancelled caller is gone at once; the look runs on for the others, also when its first caller went."""
    coalescer, looks = Coalescer(), Looks()
    gone, stays = ask(coalescer, looks, "v", "a"), ask(coalescer, looks, "v", "b")
    await settle()
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    looks.end("b")
    await stays
    assert looks.began == ["b"]


async def test_a_look_whose_callers_all_went_ends_quietly() -> None:
    """Nobody is left to be told of an error, which is no warning; the key is free again."""
    coalescer, looks = Coalescer(), Looks()
    gone = ask(coalescer, looks, "v", "a")
    await settle()
    gone.cancel()
    await settle()
    later = ask(coalescer, looks, "v", "b")
    await settle()
    assert looks.began == ["a"]
    looks.end("a", ValueError("nobody hears it"))
    await settle()
    looks.end("b")
    await later


async def test_nothing_is_remembered_of_what_ended() -> None:
    """Keys do not pile up, however the looks ended."""
    coalescer, looks = Coalescer(), Looks()
    good, bad = ask(coalescer, looks, "v", "a"), ask(coalescer, looks, "w", "b")
    await settle()
    looks.end("a")
    looks.end("b", ValueError("b"))
    await asyncio.gather(good, bad, return_exceptions=True)
    assert (coalescer._running, coalescer._next, coalescer._asked) == ({}, {}, {})
