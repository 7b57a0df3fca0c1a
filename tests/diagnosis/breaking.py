"""What somebody breaks in the sound landscape, one link of the chain each."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from shared.plan.cloud_init.forwarder import forwarder
from shared.plan.dns.forwarding import Forwarding
from tests.diagnosis import stage
from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, group, network, peering_to, vnet

Break = Callable[[Azure], Awaitable[Any]]
ELSEWHERE = "10.9.9.9"
DENY: dict[str, Any] = {
    "name": "deny",
    "priority": 200,
    "direction": "Inbound",
    "access": "Deny",
    "protocol": "*",
    "sourceAddressPrefix": "*",
    "sourcePortRange": "*",
    "destinationAddressPrefix": "*",
    "destinationPortRange": "*",
}


def denying(port: int, direction: str) -> dict[str, Any]:
    """A rule that denies a port."""
    return DENY | {"name": f"deny-{port}", "direction": direction, "destinationPortRange": str(port)}


def all_of(*steps: Break) -> Break:
    """Break one after the other."""

    async def do(azure: Azure) -> None:
        for step in steps:
            await step(azure)

    return do


# --- zone and records --------------------------------------------------------------------------------------


def label(name: str) -> str:
    """The API server's name in its zone."""
    return name.partition(".")[0]


async def remove_zone(azure: Azure) -> None:
    """Delete the zone, after its links."""
    for link in (await azure.get(f"{land.ZONE}/virtualNetworkLinks")).body["value"]:
        await azure.removed(link["id"])
    await azure.removed(land.ZONE)


async def remove_record(azure: Azure) -> None:
    """Delete the A record."""
    name, _ = await stage.cluster(azure)
    assert (await azure.delete(f"{land.ZONE}/A/{label(name)}")).status == 200


async def put_record(azure: Azure, address: str, *, zone: str = land.ZONE) -> None:
    """Write the A record."""
    name, _ = await stage.cluster(azure)
    body = {"properties": {"ttl": 300, "aRecords": [{"ipv4Address": address}]}}
    assert (await azure.put(f"{zone}/A/{label(name)}", body)).status in {200, 201}


async def move_endpoint(azure: Azure) -> None:
    """Stop and start the cluster, and set the record back to where its endpoint was."""
    _, before = await stage.cluster(azure)
    await post(azure, land.CLUSTER, "stop")
    await post(azure, land.CLUSTER, "start")
    assert (await stage.cluster(azure))[1] != before
    await put_record(azure, before)


async def unlink_hub(azure: Azure) -> None:
    """Delete the zone's link to the hub."""
    await azure.removed(land.link("hub"))


OTHER_ZONE = network("privateDnsZones", land.ZONE_NAME, within="rg-other")


async def link_other_zone(azure: Azure) -> None:
    """Link the hub to a zone of the same name in another resource group."""
    await unlink_hub(azure)
    await azure.put(group("rg-other"), {"location": "westeurope"})
    await land.accepted(azure, OTHER_ZONE, {"location": "global"})
    await link(azure, OTHER_ZONE)


async def link_longer_zone(azure: Azure) -> None:
    """Link the hub to a zone with the API server's whole name besides."""
    name, _ = await stage.cluster(azure)
    zone = network("privateDnsZones", name)
    await land.accepted(azure, zone, {"location": "global"})
    await link(azure, zone)


async def link(azure: Azure, zone: str, of: str = "hub") -> None:
    """Link a zone to a network."""
    properties = {"virtualNetwork": {"id": vnet(of)}, "registrationEnabled": False}
    await land.accepted(azure, f"{zone}/virtualNetworkLinks/{of}", {"location": "global", "properties": properties})


# --- DNS servers -------------------------------------------------------------------------------------------


async def post(azure: Azure, resource: str, action: str) -> None:
    """Run an action and let it end."""
    assert (await azure.send("POST", f"{resource}/{action}")).status == 202
    await azure.pass_time(6000)


async def stop_forwarder(azure: Azure) -> None:
    """Deallocate the machine that forwards."""
    await post(azure, stage.virtual_machine("forwarder"), "deallocate")


def tagged(value: str) -> Break:
    """Change how the forwarder behaves, by its tag."""

    async def do(azure: Azure) -> None:
        body = land.machine(network("networkInterfaces", "forwarder"))
        await azure.made(stage.virtual_machine("forwarder"), body, tags={"dns-forwarder": value})

    return do


def configured(change: Callable[[str], str] = lambda text: text, *, allowed: str = "10.0.0.0/8") -> Break:
    """Make the forwarder anew from the product's own cloud-config, spoiled by `change`."""
    told = Forwarding(
        private_zones=(land.ZONE_NAME,),
        upstream=(IPv4Address("9.9.9.9"),),
        on_premises_domains=(),
        on_premises_servers=(),
        allowed=(IPv4Network(allowed),),
    )

    async def do(azure: Azure) -> None:
        text = change(forwarder(told, IPv4Address(stage.FORWARDER_IP)))
        await azure.removed(stage.virtual_machine("forwarder"))
        await azure.removed(network("networkInterfaces", "forwarder"))
        custom_data = base64.b64encode(text.encode()).decode()
        await stage.machine(azure, "forwarder", stage.DNS, custom_data=custom_data)

    return do


def to_the_root(text: str) -> str:
    """Take the conditional forward out: its zone becomes somebody else's."""
    assert land.ZONE_NAME in text
    return text.replace(land.ZONE_NAME, "corp.example.com")


INBOUND_IP = "10.0.0.68"  # Azure keeps 10.0.1.0/24 and following from resolvers.
INBOUND = network("virtualNetworks/subnets", "hub", "inbound")
RESOLVERS = "2022-07-01"


async def build_resolver(azure: Azure) -> None:
    """Put a DNS Private Resolver into the hub and let the second spoke ask it."""
    delegations = [{"name": "dns", "properties": {"serviceName": "Microsoft.Network/dnsResolvers"}}]
    await azure.made(INBOUND, {"addressPrefix": "10.0.0.64/28", "delegations": delegations}, location=None)
    resolver = network("dnsResolvers", "resolver")
    place = {"subnet": {"id": INBOUND}, "privateIpAllocationMethod": "Static", "privateIpAddress": INBOUND_IP}
    for path, properties in (
        (resolver, {"virtualNetwork": {"id": vnet("hub")}}),
        (f"{resolver}/inboundEndpoints/inbound", {"ipConfigurations": [place]}),
    ):
        answer = await azure.put(path, {"location": "westeurope", "properties": properties}, version=RESOLVERS)
        assert answer.status in {200, 201, 202}, answer.body
        await azure.pass_time()
    await stage.ask_servers(azure, INBOUND_IP)


def asking(*servers: str) -> Break:
    """Let the second spoke name DNS servers."""

    async def do(azure: Azure) -> None:
        await stage.ask_servers(azure, *servers)

    return do


def hub_asking(*servers: str) -> Break:
    """Let the hub name DNS servers."""

    async def do(azure: Azure) -> None:
        await stage.ask_servers(azure, *servers, of="hub", block="10.0.0.0/22")

    return do


async def ask_interface(azure: Azure) -> None:
    """Give the machine's own interface another DNS server."""
    nic = network("networkInterfaces", "app")
    place = {"subnet": {"id": stage.APPS}}
    settings = {"dnsServers": [ELSEWHERE]}
    await azure.made(nic, {"ipConfigurations": [{"name": "ip", "properties": place}], "dnsSettings": settings})


def proxying(*servers: str, on: bool) -> Break:
    """Let the firewall's DNS proxy be off, or ask servers of its own."""

    async def do(azure: Azure) -> None:
        settings = {"enableProxy": on, "servers": list(servers)}
        await azure.made(land.POLICY, {"sku": {"tier": "Standard"}, "dnsSettings": settings})

    return do


# --- peerings ----------------------------------------------------------------------------------------------


def without_sides(*sides: tuple[str, str]) -> Break:
    """Delete sides of peerings."""

    async def do(azure: Azure) -> None:
        for of, to in sides:
            await azure.removed(land.vnet_peering(of, to))

    return do


def half_made(of: str, to: str) -> Break:
    """Make a peering anew, on one side only."""

    async def do(azure: Azure) -> None:
        await without_sides((of, to), (to, of))(azure)
        await azure.made(land.vnet_peering(of, to), peering_to(vnet(to)), location=None)

    return do


def changed_side(of: str, to: str, **changes: bool) -> Break:
    """Change members of one side of a peering."""

    async def do(azure: Azure) -> None:
        properties = peering_to(vnet(to), allowForwardedTraffic=True) | changes
        await azure.made(land.vnet_peering(of, to), properties, location=None)

    return do


# --- routes, security groups, firewall ---------------------------------------------------------------------


def routed(prefix: str, hop: str, address: str = "") -> Break:
    """Add a route to the second spoke's table, or replace its default route."""

    async def do(azure: Azure) -> None:
        await stage.put_routes(azure, {prefix: (hop, address)})

    return do


async def take_table_off(azure: Azure) -> None:
    """Take the route table off the second spoke's subnet."""
    await azure.made(stage.APPS, {"addressPrefix": "10.65.0.0/25"}, location=None)


def jump_routed(hop: str, address: str = "") -> Break:
    """Give the jump server's subnet a route of its own to the endpoint."""

    async def do(azure: Azure) -> None:
        _, endpoint = await stage.cluster(azure)
        table = network("routeTables", "jump")
        await stage.put_routes(azure, {f"{endpoint}/32": (hop, address)}, table=table)
        await azure.made(stage.JUMPS, {"addressPrefix": "10.0.1.0/26", "routeTable": {"id": table}}, location=None)

    return do


def guarded(subnet: str, *rules: dict[str, Any], **more: Any) -> Break:
    """Give a subnet a security group with rules."""

    async def do(azure: Azure) -> None:
        await stage.guard(azure, subnet, *rules, **more)

    return do


async def guard_interface(azure: Azure) -> None:
    """Give the forwarder's own interface a security group that denies 53."""
    nsg = network("networkSecurityGroups", "nsg-forwarder")
    rule = denying(53, "Inbound")
    await azure.made(nsg, {"securityRules": [{"name": rule["name"], "properties": rule}]})
    place = {"subnet": {"id": stage.DNS}}
    properties = {"ipConfigurations": [{"name": "ip", "properties": place}], "networkSecurityGroup": {"id": nsg}}
    await azure.made(network("networkInterfaces", "forwarder"), properties)


def ruled(*rules: dict[str, Any]) -> Break:
    """Replace the firewall's rules."""

    async def do(azure: Azure) -> None:
        await land.put_rules(azure, list(rules))

    return do


async def deny_first(azure: Azure) -> None:
    """Put a collection that denies before the one that allows."""
    deny = {
        "ruleCollectionType": "FirewallPolicyFilterRuleCollection",
        "name": "closed",
        "priority": 100,
        "action": {"type": "Deny"},
        "rules": [stage.API_RULE],
    }
    path = f"{land.POLICY}/ruleCollectionGroups/emergency"
    await azure.made(path, {"priority": 200, "ruleCollections": [deny]}, location=None)


async def stop_firewall(azure: Azure) -> None:
    """Deallocate the firewall: it keeps its policy and loses its addresses."""
    properties = {"sku": {"name": "AZFW_VNet", "tier": "Standard"}, "firewallPolicy": {"id": land.POLICY}}
    await azure.made(land.FIREWALL, {**properties, "ipConfigurations": []})


async def stop_cluster(azure: Azure) -> None:
    """Stop the cluster."""
    await post(azure, land.CLUSTER, "stop")
