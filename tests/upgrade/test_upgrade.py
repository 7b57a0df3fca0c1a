"""What an earlier commit's code was in the middle of is brought to its end by this code, without doing any of it twice.

The states were recorded by `python -m tests.upgrade.record`; they go on here on the whole stack, from the same moment
of Azure's time, with the operations that were in flight still in flight.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local.demo.client import Client
from local.stack import Options, Stack
from orchestration.triggers.http import COLLECTIONS
from tests.e2e.site import said
from tests.e2e.stage import Json, is_ready, none_left, requests, until
from tests.upgrade.ports import free_ports
from tests.upgrade.state import DURABLE, Moment, moments, unpack

SPEED = 200.0
WRITES = ("PUT", "DELETE", "POST")
CASES = [pytest.param(archive, name, id=f"{archive.name.partition('.')[0]}-{name}") for archive, name in moments()]


async def everything_is_ready(client: Client, count: int) -> None:
    """Wait until all documents are ready, but the one that waits for a person where there is one."""

    async def ready() -> bool:
        documents = await client.documents()
        return len(documents) == count and all(is_ready(each) or said("ApprovalNeeded")(each) for each in documents)

    await until(ready)


async def first_cluster(client: Client) -> None:
    """A hub whose firewall was being deployed, and all that waited for it."""
    await everything_is_ready(client, 3)


async def networks_too(client: Client) -> None:
    """One network that was being peered, and one that waited for a person, who approves the plan that is shown now."""
    await everything_is_ready(client, 5)
    [asks] = [each for each in await client.documents() if said("ApprovalNeeded")(each)]
    path = f"spokes/{asks['metadata']['name']}"
    status, answer = await client.decide(path, (await client.api(f"{path}/plan"))["hash"])
    assert status < 300, answer

    async def approved() -> bool:
        return all(map(is_ready, await client.documents()))  # The hub too: its side of the peering comes last.

    await until(approved)


async def all_gone(client: Client) -> None:
    """Everything that was being taken down."""
    await until(lambda: none_left(client))


ENDS: dict[str, Callable[[Client], Awaitable[None]]] = {
    "firewall": first_cluster,
    "cluster": networks_too,
    "verification": networks_too,
    "deletion": all_gone,
}


def test_something_was_recorded() -> None:
    """Each archive has each of the moments."""
    assert CASES
    assert {case.values[1] for case in CASES} == set(ENDS)
    assert len(CASES) % len(ENDS) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("archive", "name"), CASES)
async def test_what_was_under_way_is_finished(archive: Path, name: str, tmp_path: Path) -> None:
    """It ends as it was meant to, what was in flight is not asked for again, nothing fails, and no plan is left."""
    port = free_ports()
    moment = unpack(archive, name, tmp_path, port=port, speed=SPEED)
    async with Stack(Options(tmp_path, SPEED, port)) as stack, Client(stack.endpoints) as client:
        await ENDS[name](client)
        left = {key: plan["steps"] for key, plan in (await plans(client)).items()}
        journal = await client.journal(moment.last)
    assert moment.in_flight
    assert ended(moment, journal) == {each["path"] for each in moment.in_flight}
    assert written_again(moment, journal) == []
    assert {key: steps for key, steps in left.items() if steps} == {}
    assert failed(tmp_path / DURABLE) == []
    assert "Non-deterministic" not in (tmp_path / "host.log").read_text(encoding="utf-8")


async def plans(client: Client) -> dict[str, Json]:
    """Return what a reconcile of each document would do now."""
    keys = [(each["kind"], each["metadata"]["name"]) for each in await client.documents()]
    return {f"{kind}/{name}": await client.api(f"{COLLECTIONS_OF[kind]}/{name}/plan") for kind, name in keys}


COLLECTIONS_OF = {kind: collection for collection, kind in COLLECTIONS.items()}


def ended(moment: Moment, journal: list[Json]) -> set[str]:
    """Return which of the resources with operations in flight had one that ended well since."""
    paths = {each["path"] for each in moment.in_flight}
    done = [line for line in journal if line["entry"] == "operation" and line["status"] == "Succeeded"]
    return {line["path"].lower() for line in done} & paths


def written_again(moment: Moment, journal: list[Json]) -> list[Any]:
    """Return what was asked of a resource whose operation was still in flight."""
    found = []
    for flying in moment.in_flight:
        for line in journal:
            if line["entry"] == "operation" and line["path"].lower() == flying["path"]:
                break
            if line["entry"] == "request" and line["path"].lower().startswith(flying["path"]):
                found += requests([line], *WRITES)
    return [(line["method"], line["path"], line["status"]) for line in found]


def failed(path: Path) -> list[tuple[str, str]]:
    """Return the orchestrations that failed."""
    with closing(sqlite3.connect(path)) as database:
        return database.execute("select id, output from instances where status = 'Failed'").fetchall()
