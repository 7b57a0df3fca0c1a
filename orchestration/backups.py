"""The store as a backup, and back: nothing here asks Azure, and no restored document writes to Azure by itself.

What a backup says may be older than what Azure is. So a document that comes from one is held (`Picture.held`) while
Azure differs from it, until somebody applies, deletes or approves it anew; and no row that is there is overwritten.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from orchestration import waking
from orchestration.access import trail
from shared.model import pool
from shared.model.backup_rows import fault_of
from shared.model.document import key_of, parse_document
from shared.model.errors import Conflict, Invalid, Problem
from shared.store.backup import DOCUMENTS, FORMAT, KEPT, VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.access.caller import Caller
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient
    from shared.model.envelope import DocumentKey
    from shared.store.store import Store

    Json = dict[str, Any]

AT_ONCE = 16
"""Rows written beside each other."""


async def manifest(store: Store) -> Json:
    """Return what a backup begins with: its format, its tables, and a digest of what all documents ask for.

    The same digest before and after the rows were read says that no document came, went or asked for something else
    meanwhile, so that the rows are those of one moment in what is asked for; decisions may be a moment apart.
    """
    documents = [item.document for item in await store.documents.list()]
    asked = sorted([str(key_of(one)), _asked(one)] for one in documents)
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    return {"format": FORMAT, "version": VERSION, "tables": list(KEPT), "documents": digest}


def _asked(document: Json) -> Json:
    metadata = document["metadata"]
    return {
        "generation": metadata.get("generation"),
        "deletion": metadata.get("deletionRequested"),
        "addressSpace": (document.get("status") or {}).get("addressSpace"),
    }


async def begin(dependencies: Dependencies, *, missing: bool) -> Json:
    """Begin a restore; raise Conflict where there is something already, unless only what is missing is to be added."""
    backup = dependencies.store.backup
    if not missing and not await backup.is_empty():
        raise Conflict(
            "the store is not empty: restore into an empty one, or only what is missing (nothing is overwritten)",
            code="StoreNotEmpty",
        )
    begun = {"id": uuid.uuid4().hex, "time": dependencies.clock().isoformat()}
    await backup.begin(begun)
    return begun


async def take(dependencies: Dependencies, restore: str, rows: Sequence[Json], who: Caller) -> Json:
    """Write rows of a backup where there are none; return how many were written, and how many were there."""
    begun = await _current(dependencies.store, restore)
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(row: Json) -> bool:
        async with limit:
            return await _add(dependencies, row, begun["time"], who)

    counted = Counter(await asyncio.gather(*map(one, rows)))
    return {"written": counted[True], "kept": counted[False]}


async def _add(dependencies: Dependencies, row: Json, time: str, who: Caller) -> bool:
    store, value = dependencies.store, row["value"]
    document = value.get("document") if row["table"] == DOCUMENTS else None
    if document is not None:
        value = {"document": document | {"status": (document.get("status") or {}) | {"restoredAt": time}}}
    written = await store.backup.add(row["table"], row["partition"], row["key"], value)
    if written and document is not None:
        await trail.record(store, key_of(document), "restored", who, trail.HTTP)
    return written


async def end(dependencies: Dependencies, client: DurableClient, restore: str, who: Caller) -> Json:
    """See to it that each spoke holds its addresses, and wake every document; say what could not be put right."""
    store = dependencies.store
    await _current(store, restore)
    keys: list[DocumentKey] = []
    faults: list[str] = []
    for stored in await store.documents.list():
        keys.append(key_of(stored.document))
        faults += await _faults(store, stored.document)
    await store.backup.end()
    await trail.record(store, trail.SERVICE, "restore ended", who, trail.HTTP, documents=len(keys))
    await waking.wake_all(store, client, keys)
    return {"documents": [str(key) for key in keys], "problems": faults}


async def _faults(store: Store, document: Json) -> list[str]:
    """Return what is wrong with a restored document: it cannot be read, or its addresses are somebody else's."""
    key = key_of(document)
    try:
        parsed: Any = parse_document(document)
    except Invalid as error:
        return [f"{key} cannot be read by this version: {error.message}"]
    if parsed.kind != "Spoke" or not parsed.status.address_space:
        return []
    blocks = [str(block) for block in parsed.status.address_space]

    def choose(_: Any) -> list[str]:
        return blocks

    try:
        await store.ledger.reserve(parsed.spec.hub, parsed.name, blocks, choose, conflict=pool.conflict)
    except Conflict as error:
        return [f"{key}: {error.message}"]
    return []


async def _current(store: Store, restore: str) -> Json:
    begun = await store.backup.current()
    if begun is None or begun["id"] != restore:
        raise Conflict("this restore was ended, or another one was begun: begin it anew", code="NoSuchRestore")
    return begun


def rows_in(rows: Any) -> list[Json]:
    """Return rows of a backup; raise Invalid with every one that is none."""
    if not isinstance(rows, list):
        raise Invalid([Problem("$.rows", "has to be a list of rows of a backup")])
    problems = [Problem(f"$.rows[{number}]", said) for number, row in enumerate(rows) if (said := fault_of(row))]
    if problems:
        raise Invalid(problems)
    return rows
