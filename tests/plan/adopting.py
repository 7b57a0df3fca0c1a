"""Networks of others in the small Azure, with all sorts of subnets, and a spoke that adopts one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.plan.documents import adopted_network
from shared.plan.steps import canonical
from tests.model.samples import NETWORK, SUBSCRIPTION, hub, spoke
from tests.plan.documents import SPOKE
from tests.plan.fleet import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.model.envelope import DocumentKey
    from shared.plan.steps import Step
    from tests.plan.fake_azure import Choice

Json = dict[str, Any]

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-old"
TABLES = f"{GROUP}/providers/Microsoft.Network/routeTables"
OURS = f"{TABLES}/rt-payments"
KUBENET = "aks-agentpool-12345678-routetable"
FIREWALL = "10.0.0.4"
NODE_ROUTE = {"name": "aks-pool-1-vmss000000____10100000", "properties": {"addressPrefix": "10.101.0.0/24"}}
DEFAULT = {"addressPrefix": "0.0.0.0/0", "nextHopType": "VirtualAppliance", "nextHopIpAddress": FIREWALL}


class Remembering(Fleet):
    """A fleet whose spokes remember what they replace before they do, as a look does in the app."""

    def turn(self, key: DocumentKey, choose: Choice = lambda _: 0) -> tuple[Step, ...]:
        """Remember, then take the turn."""
        document = self.documents[key]
        hub_of = self.related(document).hub
        if key.kind == "Spoke" and hub_of is not None and not document.deleting:
            tables = adopted_network.replaced_tables(document, hub_of, self.look(document))
            known = {**tables, **document.status.previous_route_tables}
            status = document.status.model_copy(update={"previous_route_tables": known})
            self.documents[key] = document.model_copy(update={"status": status})
        return super().turn(key, choose)


def adopting(there: Mapping[str, Json], tables: Mapping[str, list[Json]] | None = None, **spec: Any) -> Remembering:
    """Return a hub, at rest, with a spoke that adopts a network of these subnets; nothing was done to that yet."""
    fleet = Remembering([hub()])
    fleet.settle()
    fleet.azure.put(GROUP, {"location": "westeurope"})
    for name, routes in (tables or {}).items():
        fleet.azure.put(f"{TABLES}/{name}", {"location": "westeurope", "properties": {"routes": routes}})
    space = {"addressSpace": {"addressPrefixes": ["10.80.0.0/16"]}}
    fleet.azure.put(NETWORK, {"location": "westeurope", "tags": {"theirs": "yes"}, "properties": space})
    for number, (name, members) in enumerate(there.items()):
        add_subnet(fleet, name, number, **members)
    change(fleet, **spec)
    fleet.azure.writes.clear()
    return fleet


def add_subnet(fleet: Fleet, name: str, number: int, table: str = "", **members: Any) -> None:
    """Make a subnet in the network; `table` names the route table on it."""
    properties = {"addressPrefix": f"10.80.{number}.0/24", **members}
    if table:
        properties["routeTable"] = {"id": f"{TABLES}/{table}"}
    fleet.azure.put(f"{NETWORK}/subnets/{name}", {"properties": properties})


def change(fleet: Fleet, **spec: Any) -> None:
    """Apply the spoke's document as it is with these changes."""
    document = spoke(addressSpace=[], virtualNetworkId=NETWORK, **spec)
    if SPOKE in fleet.documents:
        fleet.change(SPOKE, document)
    else:
        fleet.documents[SPOKE] = document


def tables_on(fleet: Fleet) -> dict[str, str]:
    """Return the name of the route table on each subnet; '' for none."""
    prefix = f"{NETWORK}/subnets/".lower()
    found = {}
    for where, body in fleet.azure.resources.items():
        if where.startswith(prefix):
            table = (body["properties"].get("routeTable") or {}).get("id", "")
            found[body["name"]] = table.rpartition("/")[2]
    return found


def routes_in(fleet: Fleet, table: str) -> dict[str, str]:
    """Return the next hop of each route in a table."""
    prefix = f"{TABLES}/{table}/routes/".lower()
    bodies = {where.removeprefix(prefix): body for where, body in fleet.azure.resources.items() if prefix in where}
    return {name: body["properties"].get("nextHopIpAddress", "") for name, body in bodies.items()}


def content(fleet: Fleet) -> dict[str, bytes]:
    """Return everything that is theirs, without versions and in one case."""
    bodies = fleet.azure.resources.items()
    return {where: canonical({**body, "etag": ""}).lower() for where, body in bodies if "/rg-hub-weu" not in where}
