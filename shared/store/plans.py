"""Plans, kept under the hash of what they are, and the results of the steps of a run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.store.contention import until_unchanged
from shared.store.rows import AlreadyExists, Json, Rows, write

if TYPE_CHECKING:
    from shared.model.envelope import DocumentKey

PLANS, LATEST, RESULTS = "plans", "latestplans", "results"
KEPT = 20
"""Plans kept per document: those in flight, one waiting for approval, and some to look back at."""

Plan = dict[str, Any]


class Plans:
    """The last plans of every document. A plan's id is `Hub/weu@<hash>`: same plan, same id."""

    def __init__(self, rows: Rows, clock: Callable[[], datetime]) -> None:
        self._rows = rows
        self._clock = clock

    async def save(self, key: DocumentKey, plan: Plan) -> str:
        """Keep the plan as its document's latest; return its id. Safe to repeat."""
        digest = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:32]
        try:
            value = {"plan": plan, "time": self._clock().isoformat()}
            await self._rows.insert(PLANS, str(key), digest, value)
        except AlreadyExists:
            pass  # content-addressed: it is the same one
        for dropped in await self._make_latest(key, digest):
            await self._rows.delete(PLANS, str(key), dropped)
        return f"{key}@{digest}"

    async def get(self, plan_id: str) -> Plan | None:
        """Return the plan, or None where it was never saved or is long gone."""
        document, _, digest = plan_id.rpartition("@")
        row = await self._rows.get(PLANS, document, digest) if document and digest else None
        return row.value["plan"] if row else None

    async def latest(self, key: DocumentKey) -> str | None:
        """Return the id of the document's latest plan."""
        row = await self._rows.get(LATEST, "all", str(key))
        return f"{key}@{row.value['plans'][-1]}" if row else None

    async def forget(self, key: DocumentKey) -> None:
        """Remove the plans of a document that is gone."""
        for row in await self._rows.list(PLANS, str(key)):
            await self._rows.delete(PLANS, str(key), row.key)
        await self._rows.delete(LATEST, "all", str(key))

    async def _make_latest(self, key: DocumentKey, digest: str) -> list[str]:
        """Put `digest` last in the document's list; return those that no longer fit."""

        async def attempt() -> list[str]:
            row = await self._rows.get(LATEST, "all", str(key))
            known = row.value["plans"] if row else []
            if known[-1:] == [digest]:
                return []
            plans = [*(plan for plan in known if plan != digest), digest]
            await write(self._rows, LATEST, "all", str(key), {"plans": plans[-KEPT:]}, row.etag if row else None)
            return plans[:-KEPT]

        return await until_unchanged(attempt)


class StepResults:
    """What each step of a run gave: outputs that other steps' bodies refer to."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def put(self, run_id: str, step_id: str, result: Json) -> None:
        """Keep a step's result; a repeat writes over it."""
        await self._rows.upsert(RESULTS, run_id, step_id, {"result": result})

    async def get(self, run_id: str, step_id: str) -> Json | None:
        """Return a step's result, or None."""
        row = await self._rows.get(RESULTS, run_id, step_id)
        return row.value["result"] if row else None

    async def all(self, run_id: str) -> dict[str, Json]:
        """Return the results of a run by step id."""
        return {row.key: row.value["result"] for row in await self._rows.list(RESULTS, run_id)}

    async def forget(self, run_id: str) -> None:
        """Remove the results of a run that has ended."""
        for row in await self._rows.list(RESULTS, run_id):
            await self._rows.delete(RESULTS, run_id, row.key)
