"""A landscape in a dictionary, as Azure's answers would show it and as a machine in it sees it by the simulator."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from local.simulator.topology import Seat, connect, resolve
from shared.model.resource_id import ResourceId
from shared.plan import diagnosis
from shared.plan.diagnosis import Asked, Case
from shared.plan.observed import Observed, Read
from shared.plan.probe import Connection, Probe, Resolution
from tests.simulator.topology.world import API, NAME, Landscape, hub_and_spoke

if TYPE_CHECKING:
    from local.simulator.resource import Resource

NESTED = {"virtualnetworks": ("subnets", "virtualNetworkPeerings"), "routetables": ("routes",)}
FORWARDER, APP = "10.0.2.4", "10.65.0.4"
STATUS = {
    "NOERROR": Resolution.NO_SUCH_NAME,
    "NXDOMAIN": Resolution.NO_SUCH_NAME,
    "SERVFAIL": Resolution.SERVER_FAILED,
    "REFUSED": Resolution.REFUSED,
    "TIMEOUT": Resolution.NO_SERVER,
}
OUTCOME = {"open": Connection.OPEN, "refused": Connection.REFUSED, "timeout": Connection.TIMED_OUT}


def landscape() -> Landscape:
    """The product's scenario, and a second spoke whose machine asks a forwarder in the hub and goes by the firewall."""
    land = hub_and_spoke()
    land.machine("forwarder", "hub", "dns", FORWARDER).body["tags"] = {"dns-forwarder": ""}
    land.vnet("apps", "10.65.0.0/24", FORWARDER, apps="10.65.0.0/25")
    land.peer("hub", "apps")
    land.machine("app", "apps", "apps", APP)
    land.route("apps", "apps", "0.0.0.0/0", "VirtualAppliance", "10.0.0.4")
    land.firewall("hub", "10.0.0.4", [ALLOW_API])
    land.of_type("Microsoft.ContainerService/managedClusters")[0].properties["privateFQDN"] = NAME
    return land


ALLOW_API: dict[str, Any] = {
    "ruleType": "NetworkRule",
    "sourceAddresses": ["10.65.0.0/24"],
    "destinationAddresses": ["10.64.0.0/22"],
    "destinationPorts": ["443"],
    "ipProtocols": ["TCP"],
}


def observed(land: Landscape, *, asked: tuple[Read, ...] = ()) -> Observed:
    """Return everything in the shape of Azure's answers."""
    return Observed([_body(land, resource) for resource in land.resources.values()], asked=asked)


def _body(land: Landscape, resource: Resource) -> dict[str, Any]:
    properties = dict(resource.properties)
    for collection in NESTED.get(resource.id.types[-1].lower(), ()):
        children = land.children(resource.id, f"{resource.id.type}/{collection}")
        properties.setdefault(collection, [_body(land, child) for child in children])
    return {"id": str(resource.id), "name": resource.name, "properties": properties}


def identity(kind: str, name: str) -> ResourceId:
    """The id of a network resource."""
    found = ResourceId.parse(Landscape.vnet_id("hub"))
    return found.resource_group.resource(f"Microsoft.Network/{kind}", name)


def seen(land: Landscape, seat: Seat) -> Probe:
    """Return what a machine sees."""
    answer = resolve(land, seat, NAME)
    addresses = tuple(map(str, answer.addresses))
    if not addresses:
        return Probe(STATUS[answer.status], (), "127.0.0.53", Connection.NO_NAME, "")
    reach = connect(land, seat, answer.addresses[0], 443, host=NAME)
    return Probe(Resolution.RESOLVED, addresses, "127.0.0.53", OUTCOME[reach.outcome], "")


def asked_alone(land: Landscape, seat: Seat, server: str) -> Asked:
    """Return how a server answers a machine that asks it by its address."""
    answer = resolve(land, seat, NAME, IPv4Address(server))
    addresses = tuple(map(str, answer.addresses))
    status = Resolution.RESOLVED if addresses else STATUS[answer.status]
    return Asked(server, identity("virtualNetworks", "hub"), status, addresses)


def case(land: Landscape, machine: str, *, alone: bool = False) -> Case:
    """Return the case of a machine: `jump` in the hub, or `app` in the second spoke."""
    seat = land.at(machine)
    hub = identity("virtualNetworks", "hub")
    network, subnet, servers = (hub, "jump", ()) if machine == "jump" else (None, "apps", (FORWARDER,))
    network = network or identity("virtualNetworks", "apps")
    unasked = tuple(Asked(server, hub, Resolution.NOT_RUN) for server in servers)
    return Case(
        name=NAME,
        endpoint=API,
        consumer=network,
        subnet=network.child("subnets", subnet),
        address=str(seat.address),
        home=identity("virtualNetworks", "spoke"),
        hub=hub,
        zone=identity("privateDnsZones", NAME.partition(".")[2]),
        servers=tuple(asked_alone(land, seat, server) for server in servers) if alone else unasked,
        firewall_policy=identity("firewallPolicies", "policy"),
        firewall=identity("azureFirewalls", "fw"),
        probe=seen(land, seat),
    )


def diagnose(land: Landscape, machine: str, *, alone: bool = False) -> diagnosis.Diagnosis | None:
    """Judge what a machine sees by all that is there."""
    about = case(land, machine, alone=alone)
    return diagnosis.diagnose(about, observed(land, asked=diagnosis.reads(about)))
