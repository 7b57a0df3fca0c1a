"""Many spokes at rest, made directly: documents as their last run left them, and in the simulated Azure what they want.

Everything is in this process, on the real store and the real door. If the two did not match, a sweep would say so.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.simulator.server import Simulator
from local.somebody import HOME, Somebody
from orchestration.dependencies import Dependencies
from orchestration.relatives import Loaded, related
from orchestration.settings import Settings
from orchestration.sweeping import Swept, sweep
from shared.model import naming
from shared.plan import planner
from shared.plan.observed import Observed
from shared.plan.resources import peering, private_dns_zone, route_table, virtual_network, virtual_network_link
from tests.e2e.site import TAG, hub, hub_group, hub_network
from tests.e2e.stage import last, requests

if TYPE_CHECKING:
    from tests.e2e.stage import Json

TEAMS = f"/subscriptions/{HOME}/resourceGroups/rg-teams"
FIREWALL = "10.0.0.4"
ZONE = "privatelink.westeurope.azmk8s.io"
AT_ONCE = 100
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def spoke_document(number: int) -> Json:
    """Return the document of an attached network."""
    network = f"{TEAMS}/providers/Microsoft.Network/virtualNetworks/vnet-{number}"
    name, space = naming.onboarded_name(network), [f"10.80.{number}.0/24"]
    outputs = {
        "virtualNetworkId": network,
        "routeTableId": f"{TEAMS}/providers/Microsoft.Network/routeTables/rt-{name}",
        "defaultRoute": FIREWALL,
        "peered": True,
        "subnets": {"apps": f"{network}/subnets/apps"},
        "addressSpace": space,
    }
    approval = {"state": "approved", "hub": "weu", "addressSpace": space, "byRule": True}
    return {
        "apiVersion": "spokewright/v1",
        "kind": "Spoke",
        "metadata": {"name": name, "origin": "event", "generation": 1},
        "spec": {"hub": "weu", "virtualNetworkId": network, "location": "westeurope"},
        "status": {"observedGeneration": 1, "addressSpace": space, "outputs": outputs, "approval": approval},
    }


def hub_document() -> Json:
    """Return the document of a hub that is ready."""
    document = hub(rules=[{"subscriptions": [HOME], "action": "auto"}])
    zone = f"{hub_group()}/providers/Microsoft.Network/privateDnsZones/{ZONE}"
    outputs = {"virtualNetworkId": hub_network(), "firewallPrivateIp": FIREWALL, "privateDnsZoneId": zone}
    metadata = {"name": "weu", "generation": 1}
    return document | {"metadata": metadata, "status": {"observedGeneration": 1, "outputs": outputs}}


class Started:
    """A durable client that notes whom it starts, and runs nothing."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start_new(self, _: str, instance_id: str | None = None, client_input: Any = None) -> str:
        """Note a document."""
        self.started.append(client_input["document"])
        return str(instance_id)

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        """Find nobody who runs."""
        raise LookupError(instance_id, event_name, event_data)


class Landscape:
    """The app's own sweep, its store and its door, and the Azure behind that."""

    def __init__(self, simulator: Simulator, somebody: Somebody, dependencies: Dependencies, count: int) -> None:
        self._simulator = simulator
        self._somebody = somebody
        self._dependencies = dependencies
        self.client = Started()
        self.documents = [hub_document(), *map(spoke_document, range(count))]

    async def sweep(self) -> tuple[Swept, Counter[str]]:
        """Sweep once; return what was found, and the calls, as `METHOD last part of the path`."""
        before = last(self._journal())
        swept = await sweep(self._dependencies, self.client)
        lines = requests(self._journal(before), *METHODS)
        return swept, Counter(f"{line['method']} {line['path'].rpartition('/')[2]}" for line in lines)

    async def delete(self, path: str) -> None:
        """Delete something behind the app's back."""
        status, answer = await self._somebody.send("DELETE", path)
        assert status < 300, answer
        self._pass_time()

    async def fill(self) -> None:
        """Store the documents, and make in Azure what they want of what a sweep looks at."""
        for document in self.documents:
            await self._dependencies.store.documents.put(document, None)
        wanted = await self._wanted()
        await self._put({group: {"location": "westeurope"} for group in (TEAMS, hub_group())})
        tables = wanted[route_table.TYPE]
        for route, body in wanted[f"{route_table.TYPE}/routes"].items():
            tables[route.partition("/routes/")[0]]["properties"]["routes"] = [body]
        await self._put(tables | wanted[private_dns_zone.TYPE])
        networks = {spoke["spec"]["virtualNetworkId"]: _network(spoke) for spoke in self.documents[1:]}
        await self._put(networks)
        home, sides = wanted[virtual_network.TYPE], wanted[peering.TYPE]
        for side, body in sides.items():
            network = (home | networks)[side.partition("/virtualNetworkPeerings/")[0]]["properties"]
            network.setdefault("virtualNetworkPeerings", []).append(body)
        await self._put(home)
        await self._put(networks)
        await self._put(wanted[virtual_network_link.TYPE])

    async def _wanted(self) -> dict[str, dict[str, Json]]:
        """Return what the documents want, by type and id; the networks that they adopt are somebody else's."""
        shelf, found = Loaded(self.documents), dict[str, dict[str, Any]]()
        for document in self.documents:
            parsed = shelf.parsed(document)
            for one in planner.wanted(parsed, await related(shelf, parsed), Observed()):
                if not one.adopted:
                    found.setdefault(one.id.type, {})[str(one.id)] = json.loads(json.dumps(one.body))
        return found

    async def _put(self, bodies: dict[str, Json]) -> None:
        """Write resources, as many at once as Azure takes, and let them be done."""
        waiting = list(bodies.items())
        while waiting:
            some, waiting = waiting[:AT_ONCE], waiting[AT_ONCE:]
            answers = await asyncio.gather(*(self._somebody.send("PUT", path, body) for path, body in some))
            assert [answer for status, answer in answers if status >= 300] == []
            self._pass_time()

    def _pass_time(self) -> None:
        clock = self._simulator.clock
        clock.run(0, at=clock.now() + 3600)
        self._simulator.arm.catch_up()

    def _journal(self, since: int = 0) -> list[Json]:
        self._simulator.arm.flush()
        return [json.loads(line) for line in self._simulator.journal.lines(since)]


def _network(spoke: Json) -> Json:
    """Return the body of a network that asks to join, with our table on its subnet."""
    outputs, space = spoke["status"]["outputs"], spoke["status"]["addressSpace"]
    subnet = {"addressPrefix": space[0].replace("/24", "/25"), "routeTable": {"id": outputs["routeTableId"]}}
    properties = {"addressSpace": {"addressPrefixes": space}, "subnets": [{"name": "apps", "properties": subnet}]}
    return {"location": "westeurope", "tags": {TAG: "weu"}, "properties": properties}


@asynccontextmanager
async def open_landscape(
    directory: Path, count: int, set_variable: Callable[[str, str], None]
) -> AsyncIterator[Landscape]:
    """Yield so many spokes at rest; `set_variable` tells the app where the identity endpoint is."""
    simulator = Simulator(directory / "azure", speed=0)
    await simulator.start()
    endpoints = simulator.endpoints
    set_variable("IDENTITY_ENDPOINT", endpoints["identity"])
    set_variable("IDENTITY_HEADER", endpoints["identityHeader"])
    settings = {"SPOKEWRIGHT_STORE": f"sqlite:{directory / 'store.db'}", "SERVICE_BUS": "unused"}
    settings |= {"SPOKEWRIGHT_ARM_ENDPOINT": endpoints["arm"], "SPOKEWRIGHT_CA_BUNDLE": endpoints["caBundle"]}
    dependencies = Dependencies(Settings.read(settings))
    try:
        async with Somebody(endpoints) as somebody:
            landscape = Landscape(simulator, somebody, dependencies, count)
            await landscape.fill()
            yield landscape
    finally:
        await dependencies.arm.close()
        await dependencies.credential.close()
        await dependencies.store.close()
        await simulator.stop()
