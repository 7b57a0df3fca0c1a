"""The loop that makes a lost update impossible: again after every collision, and an end to it."""

from __future__ import annotations

import asyncio

import pytest

from shared.model.errors import Changed, NotFound
from shared.store.contention import LONGEST_PAUSE, TRIES, Turns, until_unchanged
from shared.store.rows import AlreadyExists


class Contended:
    """An attempt that meets the given errors, one after the other, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.pauses: list[float] = []

    async def attempt(self) -> str:
        """Raise the next error, or succeed."""
        if self.errors:
            raise self.errors.pop(0)
        return "written"

    async def pause(self, seconds: float) -> None:
        """Remember the pause instead of sleeping."""
        self.pauses.append(seconds)


async def test_again_after_collision() -> None:
    """Both ways of being second (a moved version, a row that appeared) lead to another attempt after a pause."""
    contended = Contended(Changed("moved"), AlreadyExists("there"))
    assert await until_unchanged(contended.attempt, pause=contended.pause) == "written"
    assert len(contended.pauses) == 2


async def test_gives_up() -> None:
    """Who is always second gives up with Changed after a bounded number of tries and short pauses."""
    contended = Contended(*(Changed("moved") for _ in range(TRIES + 5)))
    with pytest.raises(Changed):
        await until_unchanged(contended.attempt, pause=contended.pause)
    assert len(contended.errors) == 5
    assert max(contended.pauses) <= LONGEST_PAUSE


async def test_other_errors_pass() -> None:
    """What another attempt cannot heal is raised at once."""
    contended = Contended(NotFound("gone"))
    with pytest.raises(NotFound):
        await until_unchanged(contended.attempt, pause=contended.pause)
    assert contended.pauses == []


async def test_writers_of_one_process_do_not_collide() -> None:
    """However many want to write a row, each comes once and alone; writers of other rows do not wait for them."""
    turns, inside, log = Turns(), {"a": 0, "b": 0}, []

    async def attempt(row: str) -> None:
        inside[row] += 1
        log.append((row, dict(inside)))
        await asyncio.sleep(0)
        inside[row] -= 1

    await asyncio.gather(*(turns.until_unchanged(row, lambda row=row: attempt(row)) for row in "abaabb"))
    assert len(log) == 6
    assert all(now[row] == 1 for row, now in log)
    assert any(now == {"a": 1, "b": 1} for _, now in log)
