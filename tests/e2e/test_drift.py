"""Drift: what somebody breaks is found by its event or by the next sweep, said exactly, and mended as policy says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.somebody import Somebody
from local.stack import Options, Stack
from tests.e2e import damage
from tests.e2e.damage import BOTH_SIDES, DAMAGES, NO_EVENTS, Place, short
from tests.e2e.stage import Json, all_ready, condition, example, is_ready, last, requests, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SPEED = 250.0
NO_SWEEP = {"SPOKEWRIGHT_SWEEP_MINUTES": "10000"}
SECONDS = 20.0
"""In which an event has to have done its work; some of them are Azure's, at its clock's speed."""


@dataclass
class Scene:
    """A hub with a spoke of its own and an onboarded one, somebody who breaks them, and what was seen so far."""

    client: Client
    somebody: Somebody
    stack: Stack
    directory: Path
    places: dict[str, Place] = field(default_factory=dict)
    mark: int = 0
    told: int = 0
    sent: int = 0

    async def begin(self) -> None:
        """Wait until no event is on its way; from here on writes and lifecycle events are counted."""
        await until(self._quiet)
        self.mark, self.told = last(await self.client.journal()), len(await self.told_events())

    async def _quiet(self) -> bool:
        journal = await self.client.journal()
        sent = sum(line["entry"] == "event" and "drop" not in line.get("faults", []) for line in journal)
        delivered = sum(line["entry"] == "delivery" and line.get("result") == "delivered" for line in journal)
        return sent == delivered and await all_ready(self.client, len(await self.client.documents()))

    async def told_events(self) -> list[Json]:
        """Return all lifecycle events, newest first."""
        return list((await self.client.api("events?limit=500"))["events"])

    async def events(self, document: str) -> list[Json]:
        """Return the lifecycle events of a document since the beginning, oldest first."""
        fresh = (await self.told_events())[: -self.told or None]
        return [event for event in reversed(fresh) if event["subject"] == document]

    async def types(self, document: str) -> list[str]:
        """Return the last word of the types of a document's new events."""
        return [event["type"].rpartition(".")[2] for event in await self.events(document)]

    async def writes(self) -> list[str]:
        """Return our accepted writes since the beginning, as `METHOD type/name`, in order of their text."""
        lines = requests(await self.client.journal(self.mark), "PUT", "DELETE", "PATCH", "POST")
        return sorted(f"{line['method']} {short(line['path'])}" for line in lines if _is_write(line))

    async def wrote(self, count: int) -> bool:
        """Say whether we wrote so often since the beginning."""
        return len(await self.writes()) >= count

    async def unheard(self, do: Callable[[], Awaitable[Any]]) -> None:
        """Do something of which no event tells."""
        await self.client.break_azure([NO_EVENTS])
        await do()
        await self.client.break_azure([])

    async def send(self, **spoke: Any) -> None:
        """Ask for the own spoke with other fields."""
        self.sent += 1
        await self.client.send({"documents": _documents(**spoke)}, message_id=f"change-{self.sent}")

    async def apply(self, **spoke: Any) -> None:
        """Ask for the own spoke with other fields, and wait until it is so."""
        await self.send(**spoke)
        path = "spokes/payments"

        async def applied() -> bool:
            document = await self.client.api(path)
            return all(
                document["spec"][name] == value for name, value in spoke.items() if name == "drift"
            ) and is_ready(document)

        await until(applied, SECONDS)

    async def says(self, document: str, type_: str, status: str, message: str) -> None:
        """Wait until a condition of a document says exactly this."""

        async def said() -> bool:
            found = condition(await self.client.api(document), type_)
            return bool((found["status"], found["message"]) == (status, message))

        await until(said, SECONDS)

    async def mended(self, document: str) -> None:
        """Wait until a document says that its drift is repaired, and all are at rest."""

        async def told() -> bool:
            return "DriftRepaired" in await self.types(document)

        await until(told, SECONDS)
        await until(self._quiet, SECONDS)


def _is_write(line: Json) -> bool:
    return line["status"] < 400 and "resourcegraph" not in line["path"].lower()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    """Yield a scene in which everything is attached and in sync."""
    options = Options(tmp_path_factory.mktemp("drift"), SPEED, settings=NO_SWEEP)
    async with (
        Stack(options) as stack,
        Client(stack.endpoints) as client,
        Somebody(stack.endpoints) as somebody,
    ):
        scene = Scene(client, somebody, stack, options.state)
        await client.send({"documents": _documents()}, message_id="documents")
        group = await somebody.group("rg-team")
        subnets = {"apps": {"addressPrefix": "10.80.0.0/24"}}
        await somebody.network(group, "vnet-team", ["10.80.0.0/22"], subnets, {"spokewright-hub": "weu"})
        await until(lambda: all_ready(client, 3))
        for spoke in (await client.api("spokes"))["items"]:
            scene.places["adopted" if spoke["spec"].get("virtualNetworkId") else "own"] = await _place(scene, spoke)
        yield scene


def _documents(**spoke: Any) -> list[Json]:
    """Return the example's hub, without what proves clusters, and its spoke."""
    hub, payments, _ = example()
    hub["spec"]["jumpServer"] = None
    payments["spec"] |= spoke
    return [hub, payments]


async def _place(scene: Scene, spoke: Json) -> Place:
    outputs, hub = spoke["status"]["outputs"], await scene.client.api("hubs/weu")
    network = outputs["virtualNetworkId"]
    sides = (await scene.somebody.get(network))["properties"]["virtualNetworkPeerings"]
    theirs = (await scene.somebody.get(hub["status"]["outputs"]["virtualNetworkId"]))["properties"]
    hub_side = next(
        side["id"]
        for side in theirs["virtualNetworkPeerings"]
        if side["properties"]["remoteVirtualNetwork"]["id"].lower() == network.lower()
    )
    return Place(
        f"spokes/{spoke['metadata']['name']}",
        network,
        next(iter(outputs["subnets"].values())),
        outputs["routeTableId"],
        sides[0]["id"],
        hub_side,
        outputs["defaultRoute"],
    )


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("whose", ["own", "adopted"])
async def test_what_is_broken_is_found_by_its_event(scene: Scene, whose: str, name: str) -> None:
    """The difference is told in plain words, and mended by the fewest writes."""
    place, broken = scene.places[whose], DAMAGES[name]
    await scene.begin()
    await broken.do(scene.somebody, place)
    await scene.mended(place.document)
    await _check(scene, place.document, broken.words(place), broken.writes(place))


@pytest.mark.parametrize("name", [*DAMAGES, "both sides"])
@pytest.mark.parametrize("whose", ["own", "adopted"])
async def test_what_no_event_told_is_found_by_the_sweep(scene: Scene, whose: str, name: str) -> None:
    """Without any event nothing is known; one sweep finds it, and the rest is the same."""
    place, broken = scene.places[whose], (DAMAGES | {"both sides": BOTH_SIDES})[name]
    await scene.begin()
    await scene.unheard(lambda: broken.do(scene.somebody, place))
    assert await scene.types(place.document) == []
    swept = await scene.client.post("sweep")
    assert swept["found"] == []
    assert swept["woken"]
    assert set(swept["woken"]) <= {_key(place.document), "Hub/weu"}
    await scene.mended(place.document)
    await _check(scene, place.document, broken.words(place), broken.writes(place))


@pytest.mark.parametrize("told", [True, False], ids=["event", "sweep"])
async def test_the_hubs_link_is_made_again(scene: Scene, told: bool) -> None:  # noqa: FBT001 - a table
    """Without the link of its zone the hub resolves no cluster: one write mends it."""
    zone = (await scene.client.api("hubs/weu"))["status"]["outputs"]["privateDnsZoneId"]
    link = f"{zone}/virtualNetworkLinks/vnet-hub-weu"
    await scene.begin()
    if told:
        await scene.somebody.delete(link)
    else:
        await scene.unheard(lambda: scene.somebody.delete(link))
        assert (await scene.client.post("sweep"))["woken"] == ["Hub/weu"]
    await scene.mended("hubs/weu")
    words = "virtual network link vnet-hub-weu is missing"
    await _check(scene, "hubs/weu", words, ["PUT virtualNetworkLinks/vnet-hub-weu"])


async def _check(scene: Scene, document: str, words: str, writes: list[str]) -> None:
    events = [event for event in await scene.events(document) if "Drift" in event["type"]]
    kind = _key(document).partition("/")[0]
    assert [event["type"] for event in events] == [f"Spokewright.{kind}.Drifted", f"Spokewright.{kind}.DriftRepaired"]
    assert events[0]["data"]["message"] == words
    assert await scene.writes() == sorted(writes)
    assert condition(await scene.client.api(document), "Drifted")["reason"] == "InSync"


def _key(document: str) -> str:
    """Return a document's key from its path in the API."""
    collection, _, name = document.partition("/")
    return f"{collection.removesuffix('s').capitalize()}/{name}"


async def test_drift_is_published(scene: Scene) -> None:
    """The topic that the stack is wired to got what the app says that it told."""
    await scene.begin()
    events, taken = await scene.told_events(), await scene.somebody.simulator("GET", "topics/lifecycle")
    assert len(events) >= 3
    assert [event for event in events if event["id"] not in taken] == []


async def test_policy_report_writes_nothing(scene: Scene) -> None:
    """Drift is said and makes the spoke not ready; mended by hand it is in sync again, and nobody else wrote."""
    place = scene.places["own"]
    await scene.apply(drift="report")
    await scene.begin()
    await damage.lead_elsewhere(scene.somebody, place)
    words = DAMAGES["next hop"].words(place)
    await scene.says(place.document, "Drifted", "True", words)
    await scene.says(place.document, "Ready", "False", words)
    await damage.set_next_hop(scene.somebody, place, place.firewall)
    await scene.mended(place.document)
    assert await scene.types(place.document) == ["Drifted", "Degraded", "DriftRepaired", "Attached"]
    assert await scene.writes() == []


async def test_a_wanted_change_is_no_drift(scene: Scene) -> None:
    """Under `report` what the document asks anew is applied, beside a drift that stays; `repair` then mends that."""
    place = scene.places["own"]
    await scene.begin()
    await damage.remove_route(scene.somebody, place)
    await scene.says(place.document, "Drifted", "True", "route default-to-firewall is missing")
    rule = {"name": "no-telnet", "priority": 200, "access": "Deny", "ports": ["23"]}
    await scene.send(drift="report", networkSecurityGroup={"rules": [rule]})
    await until(lambda: scene.wrote(1), SECONDS)
    await scene.says(place.document, "Ready", "False", "route default-to-firewall is missing")
    assert await scene.writes() == ["PUT networkSecurityGroups/nsg-payments"]
    assert await scene.types(place.document) == ["Drifted", "Degraded"]
    await scene.apply(drift="repair", networkSecurityGroup={"rules": [rule]})
    assert await scene.writes() == ["PUT networkSecurityGroups/nsg-payments", f"PUT {short(place.route)}"]


async def test_policy_ignore_changes_nothing(scene: Scene) -> None:
    """The spoke stays ready, nothing is written, nobody is told; the condition says what is ignored."""
    place = scene.places["own"]
    await scene.apply(drift="ignore")
    await scene.begin()
    await damage.take_table_off(scene.somebody, place)
    await scene.says(place.document, "Drifted", "False", "route table is missing on subnet nodes")
    document = await scene.client.api(place.document)
    assert condition(document, "Drifted")["reason"] == "DriftIgnored"
    assert condition(document, "Ready")["status"] == "True"
    assert await scene.writes() == []
    assert await scene.types(place.document) == []
    await scene.apply(drift="repair")


async def test_a_quarrel_is_paced(scene: Scene) -> None:
    """What is changed again and again is looked at at most so often; the document says so, and recovers."""
    place = scene.places["own"]
    await scene.apply(drift="report")
    await scene.stack.stop()
    options = Options(scene.directory, 4.0, settings=NO_SWEEP)
    async with Stack(options) as stack, Client(stack.endpoints) as client, Somebody(stack.endpoints) as somebody:
        slow = Scene(client, somebody, stack, scene.directory)
        tags = (await somebody.get(place.table))["tags"]

        async def paced() -> bool:
            await somebody.tag(place.table, "Replace", {"mine": "now"})
            await somebody.tag(place.table, "Replace", tags)
            return bool(condition(await client.api(place.document), "Paced")["status"] == "True")

        await until(paced, 40, pause=0.05)
        assert "woken too often" in condition(await client.api(place.document), "Paced")["message"]
        await slow.says(place.document, "Paced", "False", "")
        await slow.says(place.document, "Ready", "True", "everything is as the document asks")
