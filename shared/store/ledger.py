"""Which address blocks of a hub's pool belong to which spoke. Exclusive under concurrency; knows nothing of CIDRs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shared.model.errors import Conflict
from shared.store.contention import Turns
from shared.store.rows import Row, Rows, write

TABLE, PARTITION = "ledger", "all"

Taken = dict[str, list[str]]
"""Blocks by spoke."""


class Ledger:
    """One row per hub, so that its ETag makes a reservation exclusive."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._turns = Turns()

    async def reserve(
        self,
        hub: str,
        spoke: str,
        wanted: Sequence[str] | None,
        choose: Callable[[Taken], list[str]],
        *,
        conflict: Callable[[list[str], Taken], str | None],
    ) -> list[str]:
        """Return the blocks that are the spoke's from now on: the wanted ones, those it has, or chosen ones.

        `choose(taken)` picks free blocks; `conflict(wanted, taken)` says in words what overlaps, or None. Both are
        pure, get the other spokes' blocks only, and may run several times. Raises Conflict where wanted ones overlap,
        and what `choose` raises. A repeat returns the same.
        """

        async def attempt() -> list[str]:
            row = await self._rows.get(TABLE, PARTITION, hub)
            taken = _taken(row)
            held = taken.pop(spoke, None)
            if wanted and held == list(wanted):
                return held  # It was judged when it was taken, as are those that others took since.
            blocks = _claim(list(wanted), taken, conflict) if wanted else (held or choose(dict(taken)))
            if blocks != held:
                await self._write(hub, taken | {spoke: blocks}, row)
            return blocks

        return await self._turns.until_unchanged(hub, attempt)

    async def release(self, hub: str, spoke: str) -> None:
        """Give the spoke's blocks back; fine where it has none."""

        async def attempt() -> None:
            row = await self._rows.get(TABLE, PARTITION, hub)
            taken = _taken(row)
            if taken.pop(spoke, None) is not None:
                await self._write(hub, taken, row)

        await self._turns.until_unchanged(hub, attempt)

    async def taken(self, hub: str) -> Taken:
        """Return all blocks of a hub by spoke."""
        return _taken(await self._rows.get(TABLE, PARTITION, hub))

    async def _write(self, hub: str, taken: Taken, row: Row | None) -> None:
        await write(self._rows, TABLE, PARTITION, hub, {"blocks": taken}, row.etag if row else None)


def _taken(row: Row | None) -> Taken:
    return {spoke: list(blocks) for spoke, blocks in row.value["blocks"].items()} if row else {}


def _claim(wanted: list[str], taken: Taken, conflict: Callable[[list[str], Taken], str | None]) -> list[str]:
    if problem := conflict(wanted, dict(taken)):
        raise Conflict(problem, code="AddressSpaceTaken")
    return wanted
