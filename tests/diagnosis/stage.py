"""A hub, a cluster's network and a second spoke in a running simulator, and how they are looked at by the real door.

Two consumers: the jump server, which asks Azure's own resolver, and a machine in the second spoke, which asks a
forwarder in the hub and goes to the API server through the firewall.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestration import observing
from shared.model.resource_id import ResourceId
from shared.plan import diagnosis, probe
from shared.plan.diagnosis import Asked, Case, Diagnosis
from shared.plan.probe import Probe, Resolution
from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, group, network, peering_to, space, vnet

if TYPE_CHECKING:
    from shared.arm.door import Arm
    from shared.plan.observed import Observed

FORWARDER_IP = "10.0.2.4"
APP_IP = "10.65.0.4"
JUMP_IP = "10.0.1.4"
APPS = network("virtualNetworks/subnets", "apps", "apps")
DNS = network("virtualNetworks/subnets", "hub", "dns")
JUMPS = network("virtualNetworks/subnets", "hub", "jump")
APPS_TABLE = network("routeTables", "apps-egress")
API_RULE: dict[str, Any] = {
    "ruleType": "NetworkRule",
    "name": "api-servers",
    "sourceAddresses": ["10.65.0.0/24"],
    "destinationAddresses": ["10.64.0.0/22"],
    "destinationPorts": ["443"],
    "ipProtocols": ["TCP"],
}
DNS_RULE = API_RULE | {
    "name": "dns",
    "destinationAddresses": ["10.0.2.0/26"],
    "destinationPorts": ["53"],
    "ipProtocols": ["UDP", "TCP"],
}


def virtual_machine(name: str) -> str:
    """The path of a machine."""
    return f"{group('rg')}/providers/Microsoft.Compute/virtualMachines/{name}"


@dataclass(frozen=True)
class Consumer:
    """A machine that wants to use the cluster."""

    name: str
    network: str
    subnet: str
    address: str
    servers: tuple[tuple[str, str | None], ...] = ()
    """The DNS servers that it should ask, each with the network in which it stands."""


JUMP = Consumer("jump", vnet("hub"), JUMPS, JUMP_IP)
APP = Consumer("app", vnet("apps"), APPS, APP_IP, ((FORWARDER_IP, vnet("hub")),))


async def build(azure: Azure) -> None:
    """Build everything, all of it sound."""
    await land.build_networks(azure, rules=[API_RULE])
    await azure.made(DNS, {"addressPrefix": "10.0.2.0/26"}, location=None)
    await machine(azure, "forwarder", DNS, tags={"dns-forwarder": ""})
    await azure.made(vnet("apps"), space("10.65.0.0/24", apps="10.65.0.0/25"))
    await peer(azure, "hub", "apps")
    await ask_servers(azure, FORWARDER_IP)
    await put_routes(azure, {})
    await azure.made(APPS, {"addressPrefix": "10.65.0.0/25", "routeTable": {"id": APPS_TABLE}}, location=None)
    await machine(azure, "app", APPS)
    await land.build_zone(azure, "hub", "spoke")
    await land.build_identity(azure)
    await land.create_cluster(azure)


async def peer(azure: Azure, one: str, other: str, **changes: Any) -> None:
    """Peer two networks, both sides alike."""
    for of, to in ((one, other), (other, one)):
        properties = peering_to(vnet(to), **({"allowForwardedTraffic": True} | changes))
        await azure.made(land.vnet_peering(of, to), properties, location=None)


async def ask_servers(azure: Azure, *servers: str, of: str = "apps", block: str = "10.65.0.0/24") -> None:
    """Let a network name DNS servers."""
    options = {"dnsServers": list(servers)}
    await azure.made(vnet(of), {"addressSpace": {"addressPrefixes": [block]}, "dhcpOptions": options})


async def put_routes(azure: Azure, more: dict[str, tuple[str, str]], *, table: str = APPS_TABLE) -> None:
    """Replace the routes of a table: the default route to the firewall, unless given, and more by prefix."""
    default = {"0.0.0.0/0": ("VirtualAppliance", land.FIREWALL_IP)} if table == APPS_TABLE else {}
    routes = []
    for prefix, (hop, address) in (default | more).items():
        inside = {"addressPrefix": prefix, "nextHopType": hop} | ({"nextHopIpAddress": address} if address else {})
        routes.append({"name": f"to-{prefix.replace('/', '-')}", "properties": inside})
    await azure.made(table, {"routes": routes})


async def machine(
    azure: Azure, name: str, subnet: str, *, tags: dict[str, str] | None = None, custom_data: str = "", **nic: Any
) -> None:
    """Make a machine with an interface in a subnet."""
    interface = network("networkInterfaces", name)
    place = {"subnet": {"id": subnet}}
    await azure.made(interface, {"ipConfigurations": [{"name": "ip", "properties": place}], **nic})
    body = land.machine(interface, custom_data=custom_data)
    await azure.made(virtual_machine(name), body, tags=tags or {})


async def guard(azure: Azure, subnet: str, *rules: dict[str, Any], **more: Any) -> None:
    """Give a subnet a network security group with rules; `more` changes the subnet besides."""
    nsg = network("networkSecurityGroups", f"nsg-{subnet.rpartition('/')[2]}")
    await azure.made(nsg, {"securityRules": [{"name": rule["name"], "properties": rule} for rule in rules]})
    body = (await azure.get(subnet)).properties
    kept: dict[str, Any] = {name: body[name] for name in ("addressPrefix", "routeTable") if name in body}
    await azure.made(subnet, kept | {"networkSecurityGroup": {"id": nsg}} | more, location=None)


async def cluster(azure: Azure) -> tuple[str, str]:
    """Return the API server's name and its endpoint's present address."""
    name = (await azure.get(land.CLUSTER)).properties["privateFQDN"]
    listed = await azure.get(f"{land.NODE_GROUP}/providers/Microsoft.Network/networkInterfaces")
    nic = next(body for body in listed.body["value"] if "kube-apiserver" in body["name"])
    return name, nic["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"]


async def run(azure: Azure, arm: Arm, name: str, *lines: str) -> Probe:
    """Run lines on a machine by the real run command, and read what was printed."""
    operation = await arm.begin_run_command(virtual_machine(name), lines)
    await azure.pass_time(300)
    return probe.read((await arm.poll(operation)).result or "")


async def look(azure: Azure, arm: Arm, consumer: Consumer, *, each: bool = False) -> Case:
    """Return the case of a consumer as it is now; `each`: its servers are asked by themselves too."""
    name, endpoint = await cluster(azure)
    asked = []
    for address, place in consumer.servers:
        seen = await run(azure, arm, consumer.name, f"nslookup {name} {address}") if each else None
        found = (seen.resolution, seen.addresses) if seen is not None else (Resolution.NOT_RUN, ())
        asked.append(Asked(address, ResourceId.parse(place) if place else None, *found))
    return Case(
        name=name,
        endpoint=endpoint,
        consumer=ResourceId.parse(consumer.network),
        subnet=ResourceId.parse(consumer.subnet),
        address=consumer.address,
        home=ResourceId.parse(vnet("spoke")),
        hub=ResourceId.parse(vnet("hub")),
        zone=ResourceId.parse(land.ZONE),
        servers=tuple(asked),
        firewall_policy=ResourceId.parse(land.POLICY),
        firewall=ResourceId.parse(land.FIREWALL),
        probe=await run(azure, arm, consumer.name, *probe.script(name)),
    )


async def look_directly(azure: Azure, arm: Arm, server: str) -> Case:
    """Return the case of a server that the jump server asked directly, which proves names and no way."""
    case = await look(azure, arm, JUMP)
    seen = await run(azure, arm, "jump", probe.lookup(case.name, server))
    asked = Asked(server, ResourceId.parse(vnet("hub")), seen.resolution, seen.addresses)
    return replace(case, servers=(asked,), probe=seen, address="")


async def observe(arm: Arm, case: Case) -> Observed:
    """Ask what a diagnosis asks, as the app would."""
    first = await observing.ask(arm, diagnosis.reads(case), lenient=True)
    return first.joined(await observing.ask(arm, diagnosis.further_reads(case, first), lenient=True))


async def diagnose(arm: Arm, case: Case) -> Diagnosis | None:
    """Observe and judge."""
    return diagnosis.diagnose(case, await observe(arm, case))


def sound(case: Case) -> tuple[bool, bool]:
    """Say what the proof says: does the name resolve, does the API server answer."""
    resolves = probe.resolvable(case.probe, case.name, case.endpoint).holds
    return resolves, probe.reachable(case.probe, case.name).holds
