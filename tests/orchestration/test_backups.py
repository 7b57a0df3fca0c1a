"""Back up and restore over HTTP, into both backends: what comes back, what is refused, what a restored document is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.admission import Operation, Request, admit
from orchestration.dependencies import Dependencies
from orchestration.settings import Settings
from orchestration.triggers import backups
from shared.model.document import parse_document
from shared.model.envelope import DocumentKey
from shared.plan import restored
from shared.plan.steps import Action, Plan, Step
from shared.store.backup import KEPT
from tests.orchestration.test_http import HUB, SPOKE, Api
from tests.store.conftest import azurite_connection, url

__all__ = ["azurite_connection", "url"]

Json = dict[str, Any]

BEGIN = {"format": "spokewright-backup", "version": 1}
WEU, PAYMENTS = DocumentKey("Hub", "weu"), DocumentKey("Spoke", "payments")
BLOCK = ["10.64.0.0/22"]


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """The handlers over a store with a hub and a spoke that has addresses."""
    dependencies = Dependencies(Settings(store=f"sqlite:{tmp_path / 'first.db'}", service_bus="unused"))
    api = Api(dependencies)
    await api.put(HUB)
    await api.put(SPOKE)
    await dependencies.store.ledger.reserve("weu", "payments", BLOCK, lambda _: BLOCK, conflict=lambda *_: None)
    await dependencies.store.documents.update_status(PAYMENTS, lambda status: status | {"addressSpace": BLOCK})
    await dependencies.store.audit.record(PAYMENTS, "approve", {"name": "Kim"})
    yield api
    await dependencies.store.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[Api]:
    """The handlers over an empty store, of either backend."""
    dependencies = Dependencies(Settings(store=url, service_bus="unused"))
    for table in (*KEPT, "restores", "wakes"):  # Tests share one Azurite.
        for one in await dependencies.store._rows.scan(table, limit=1000):
            await dependencies.store._rows.delete(table, one.partition, one.row.key)
    yield Api(dependencies)
    await dependencies.store.close()


async def rows_of(api: Api) -> list[Json]:
    """Return all rows of a backup."""
    found: list[Json] = []
    told = (await api.call(backups.get_backup))[1]
    for table in told["tables"]:
        page = (await api.call(backups.get_backup, query=f"table={table}"))[1]
        assert "after" not in page
        found += page["rows"]
    return found


async def post(api: Api, body: Any) -> tuple[int, Any]:
    """Send a part of a restore."""
    status, answer, _ = await api.call(backups.restore, "restore", body, "POST", wakes=True)
    return status, answer


async def restore(api: Api, rows: list[Json], **begin: Any) -> Json:
    """Restore rows from the beginning to the end; return what the end said."""
    status, begun = await post(api, {"begin": BEGIN, **begin})
    assert status == 200, begun
    assert (await post(api, {"restore": begun["id"], "rows": rows}))[0] == 200
    status, ended = await post(api, {"restore": begun["id"], "end": True})
    assert status == 200, ended
    return dict(ended)


async def test_all_comes_back(api: Api, other: Api) -> None:
    """Documents with their marks, addresses and decisions are there again, and every document is woken."""
    rows = await rows_of(api)
    ended = await restore(other, rows)
    assert ended == {"documents": ["Hub/weu", "Spoke/payments"], "problems": []}
    assert sorted(other.client.started) == ["hub.weu", "spoke.payments"]
    store = other.dependencies.store
    assert await store.ledger.taken("weu") == {"payments": BLOCK}
    assert [entry["action"] for entry in await store.audit.list(PAYMENTS)] == ["restored", "approve", "apply"]
    for key in (WEU, PAYMENTS):
        stored = await store.documents.get(key)
        before = await api.dependencies.store.documents.get(key)
        assert stored is not None
        assert before is not None
        assert stored.document["status"]["restoredAt"]
        stored.document["status"]["restoredAt"] = None
        assert stored.document == before.document
    assert await store.backup.current() is None


async def test_addresses_are_held_by_their_spokes(api: Api, other: Api) -> None:
    """A spoke's addresses are its own though the ledger was lost: nobody else gets them."""
    rows = [row for row in await rows_of(api) if row["table"] != "ledger"]
    assert (await restore(other, rows))["problems"] == []
    assert await other.dependencies.store.ledger.taken("weu") == {"payments": BLOCK}


async def test_addresses_that_somebody_else_has_are_told(api: Api, other: Api) -> None:
    """What cannot be put right is said, with whose it is."""
    await other.put(HUB)
    await other.dependencies.store.ledger.reserve("weu", "shop", BLOCK, lambda _: BLOCK, conflict=lambda *_: None)
    rows = [row for row in await rows_of(api) if row["table"] != "ledger"]
    (problem,) = (await restore(other, rows, missing=True))["problems"]
    assert "Spoke/payments" in problem
    assert "shop" in problem


async def test_a_store_that_holds_something_is_refused(api: Api) -> None:
    """It could be another deployment's; told so, only what is missing is added, and what is there stays."""
    rows = await rows_of(api)
    status, problem = await post(api, {"begin": BEGIN})
    assert (status, problem["code"]) == (409, "StoreNotEmpty")
    status, begun = await post(api, {"begin": BEGIN, "missing": True})
    assert (await post(api, {"restore": begun["id"], "rows": rows}))[1] == {"written": 0, "kept": len(rows)}
    stored = await api.dependencies.store.documents.get(WEU)
    assert stored is not None
    assert stored.document["status"]["restoredAt"] is None


async def test_the_digest_tells_of_what_is_asked_for(api: Api) -> None:
    """It stays while only a status changes, and is another one once a document asks for something else."""

    async def digest() -> str:
        return str((await api.call(backups.get_backup))[1]["documents"])

    first = await digest()
    await api.dependencies.store.documents.update_status(WEU, lambda status: status | {"failures": 3})
    assert await digest() == first
    await admit(api.dependencies.store, api.dependencies.clock, {"$": SPOKE}, Operation.DELETE, Request("9"))
    assert await digest() != first


STEP = {"run": "1", "step": "s", "started": "2026-11-27T00:00:00Z", "result": "Succeeded"}
ROW = {"table": "history", "partition": "Hub/weu", "key": "1", "value": STEP}
DOCUMENT = {"table": "documents", "partition": "all", "key": "Hub/weu", "value": {"document": HUB}}
WRONG: dict[str, Any] = {
    "nothing": {},
    "a list": [],
    "two parts at once": {"begin": BEGIN, "restore": "1"},
    "another format": {"begin": {"format": "tar", "version": 1}},
    "a newer version": {"begin": BEGIN | {"version": 2}},
    "no id": {"restore": 1, "rows": []},
    "no rows": {"restore": "ID", "rows": {}},
    "a row of no table": {"restore": "ID", "rows": [ROW | {"table": "wakes"}]},
    "a row without a key": {"restore": "ID", "rows": [ROW | {"key": ""}]},
    "a row with more": {"restore": "ID", "rows": [ROW | {"etag": "1"}]},
    "a value that is none": {"restore": "ID", "rows": [ROW | {"value": 1}]},
    "a document of another key": {"restore": "ID", "rows": [DOCUMENT | {"key": "Hub/other"}]},
    "a document elsewhere": {"restore": "ID", "rows": [DOCUMENT | {"partition": "some"}]},
    "no document": {"restore": "ID", "rows": [DOCUMENT | {"value": {"document": {"kind": "Hub"}}}]},
    "a status that is none": {"restore": "ID", "rows": [DOCUMENT | {"value": {"document": HUB | {"status": [1]}}}]},
    "a document that cannot be read": {
        "restore": "ID",
        "rows": [DOCUMENT | {"value": {"document": HUB | {"spec": {}}}}],
    },
    "a name that is none": {
        "restore": "ID",
        "rows": [DOCUMENT | {"key": "Hub/../x", "value": {"document": HUB | {"metadata": {"name": "../x"}}}}],
    },
    "half a character": {"restore": "ID", "rows": [ROW | {"partition": "Hub/\ud800", "key": "\ud801"}]},
    "no number": {"restore": "ID", "rows": [ROW | {"value": STEP | {"took": float("nan")}}]},
    "a long key": {"restore": "ID", "rows": [ROW | {"key": "x" * 600}]},
    **{
        f"{table} {json.dumps(value)[:30]}": {
            "restore": "ID",
            "rows": [{"table": table, "partition": "all", "key": "1", "value": value}],
        }
        for table, value in (
            ("documents", {}),
            ("documents", {"tombstone": 7}),
            ("ledger", {"blocks": 5}),
            ("ledger", {"blocks": {"a": ["10.0.0.1/8"]}}),
            ("baselines", {"intents": {}, "seen": {}}),
            ("dismissals", {}),
            ("requests", {}),
            ("requests", {"outcome": {"result": "accepted", "wake": ["Router/x"]}, "time": "2026-11-27T00:00:00Z"}),
            ("tallies", {"day": "tomorrow"}),
            ("events", {"id": "1", "type": "t", "time": "2026-11-27T00:00:00", "data": {}}),
        )
    },
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
async def test_what_is_no_part_of_a_restore_is_refused(body: Any, api: Api) -> None:
    """400 with the path, and nothing is stored."""
    before = await rows_of(api)
    begun = (await post(api, {"begin": BEGIN, "missing": True}))[1]["id"]
    body = body | {"restore": begun} if isinstance(body, dict) and body.get("restore") == "ID" else body
    status, problem = await post(api, body)
    assert (status, problem["type"]) == (400, "urn:spokewright:problem:invalid")
    assert await rows_of(api) == before


@pytest.mark.parametrize("part", [{"rows": []}, {"end": True}], ids=["rows", "end"])
async def test_a_part_of_no_restore_is_refused(part: Json, api: Api) -> None:
    """One that was ended, or that another one took the place of, goes no further."""
    earlier = (await post(api, {"begin": BEGIN, "missing": True}))[1]["id"]
    later = (await post(api, {"begin": BEGIN, "missing": True}))[1]["id"]
    assert (await post(api, {"restore": earlier, **part}))[1]["code"] == "NoSuchRestore"
    assert (await post(api, {"restore": later, "end": True}))[0] == 200
    assert (await post(api, {"restore": later, **part}))[1]["code"] == "NoSuchRestore"


@pytest.mark.parametrize("query", ["table=wakes", "after=1&table=audit", "after=[1,2]&table=audit", "tables=audit"])
async def test_a_wrong_question_is_refused(query: str, api: Api) -> None:
    """A table that is in no backup, a place that is none, a parameter that is not known."""
    assert (await api.call(backups.get_backup, query=query))[0] == 400


NOW = datetime(2026, 11, 27, tzinfo=UTC)
ASKING: dict[str, Callable[[Api], Any]] = {
    "applied": lambda api: api.put(HUB),
    "deleted": lambda api: admit(
        api.dependencies.store, api.dependencies.clock, {"$": HUB}, Operation.DELETE, Request("999999999999999-9")
    ),
}


@pytest.mark.parametrize("ask", ASKING.values(), ids=ASKING)
async def test_asking_anew_takes_the_mark_off(ask: Callable[[Api], Any], api: Api) -> None:
    """Whoever applies or deletes a restored document has decided."""
    for key in (PAYMENTS, WEU):
        stored = await api.dependencies.store.documents.get(key)
        assert stored is not None
        if key == PAYMENTS:
            await api.dependencies.store.documents.remove(key, stored.etag)
    await api.dependencies.store.documents.update_status(WEU, lambda status: status | {"restoredAt": NOW.isoformat()})
    await ask(api)
    stored = await api.dependencies.store.documents.get(WEU)
    assert stored is not None
    assert stored.document["status"]["restoredAt"] is None


def test_only_what_would_write_is_held() -> None:
    """A document from a backup waits where its plan writes; not where it has none, or only waits for Azure."""
    document = parse_document(HUB | {"status": {"restoredAt": NOW.isoformat()}})

    def held(*actions: Action) -> str:
        steps = tuple(Step(id=str(n), resource_id="/x", action=action, reason="r") for n, action in enumerate(actions))
        wait = restored.held(document, Plan("Hub/weu", 1, steps, ()))
        return wait.message if wait else ""

    assert "would create 1, delete 2" in held(Action.DELETE, Action.CREATE, Action.DELETE)
    assert "update 1" in held(Action.UPDATE)
    assert held() == held(Action.WAIT) == ""
    fresh = parse_document(HUB)
    assert (
        restored.held(
            fresh, Plan("Hub/weu", 1, (Step(id="1", resource_id="/x", action=Action.DELETE, reason="r"),), ())
        )
        is None
    )
